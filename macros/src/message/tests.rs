use proc_macro2::TokenStream;
use quote::quote;

use super::derive;

fn errors(input: TokenStream) -> Vec<String> {
    crate::testing::errors(&derive(input))
}

#[test]
fn a_message_without_mistakes_has_no_error() {
    let found = errors(quote! {
        #[message(role = "cart", cmd = "add", reply(Vec<Cart>), error(E), open, external, context(tier, "user-id"))]
        #[serde(rename_all = "camelCase", default, crate = "serde")]
        pub struct AddItem<T: Clone, const N: usize> { #[serde(rename = "x", alias = "y")] pub a: T, pub b: [u8; N] }
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = errors(quote! {
        #[message(role = "cart*", cmd = , replies(Cart), reply("Cart"), a = 1, context(b))]
        #[message(x = 1)]
        #[serde(deny_unknown_fields, tag = "t")]
        pub struct AddItem<'a> { a: u8, b: &'a str, #[serde(rename(serialize = "d"))] c: u8 }
    });
    let parts = [
        "a value is missing",
        "there is no option `replies`",
        "expected a type",
        "a type has one `#[message(…)]`",
        "first given here",
        "`cart*` is a glob",
        "MUST IGNORE",
        "`tag` adds a key",
        "own what they hold",
        "what is written under one name",
        "field `a` is a key",
        "the key is given here",
        "`b` is a field already",
    ];
    assert_eq!(found.len(), parts.len(), "{found:#?}");
    for part in parts {
        assert!(found.iter().any(|text| text.contains(part)), "{part} is not in {found:#?}");
    }
}

#[test]
fn only_structs_with_named_fields() {
    for (item, cure) in [
        (
            quote!(
                struct M;
            ),
            "struct M {}",
        ),
        (
            quote!(
                struct M(u8);
            ),
            "struct M { … }",
        ),
        (
            quote!(
                enum M {
                    A,
                }
            ),
            "a struct of each variant",
        ),
        (quote!(union M { a: u8 }), "a struct with named fields"),
    ] {
        let found = errors(quote!(#[message(role = "cart")] #item));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains(cure), "{found:#?}");
    }
}
