use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::Visit;

use super::attribute;
use crate::handler::Kind;

/// The texts of all `compile_error!`s.
fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    crate::testing::errors(&attribute(Kind::Service, arguments, item))
}

#[test]
fn a_handler_without_mistakes_has_no_error() {
    let found = errors(
        quote!(role = "cart", cmd = "add", effect(idempotent)),
        quote!(
            async fn add(msg: AddItem) {}
        ),
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_an_error_tells_to_write_can_be_written() {
    let item = quote!(
        async fn add(_: Value) {}
    );
    for (mistake, cure) in [
        (quote!(grade = '*'), quote!(grade = "**")),
        (quote!(grade = '?'), quote!(grade = "*?")),
        (quote!(grade = '\u{1}'), quote!(grade = "\u{1}")),
        (quote!(user-id: 1), quote!("user-id" = 1)),
        (quote!(a."b\"c" = 1), quote!("a.b\"c" = 1)),
        (quote!("a\"b"), quote!("a\"b" = 1)),
        (quote!(a::b = 1), quote!("a::b" = 1)),
    ] {
        let found = errors(mistake, item.clone());
        // Of a key the value is left to the user, of a value the key is known.
        let written = cure.to_string();
        let (key, value) = written.split_once(" = ").unwrap();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].contains(&format!("`{key} = …`"))
                || found[0].contains(&format!("`{value}`"))
                || found[0].contains(&format!("`{key} = \"…\"`")),
            "{written}: {found:#?}"
        );
        assert_eq!(errors(cure, item.clone()), Vec::<String>::new());
    }
    let found = errors(quote!(role > "cart"), item);
    assert!(found[0].contains("`role = \"…\"`"), "{found:#?}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let arguments =
        quote!(role = cart, cmd = , timeuot("2s"), n = 1.5, role = "x", role = "y", concurrency(0));
    let found = errors(
        arguments,
        quote!(
            const unsafe fn add<T>(&self, x: &mut T, y: impl Sized) {}
        ),
    );
    let parts = [
        "did you mean the text `\"cart\"`",
        "a value is missing",
        "floating-point",
        "did you mean `timeout`",
        "`concurrency(0)`",
        "key `role` is given twice",
        "first given here",
        "cannot be `const`",
        "cannot be `unsafe`",
        "cannot be generic",
        "#[matchbus::handlers]",
        "take `T` and change your copy",
        "`impl …`",
    ];
    assert_eq!(found.len(), parts.len(), "{found:#?}");
    for part in parts {
        assert!(found.iter().any(|text| text.contains(part)), "{part} is not in {found:#?}");
    }
}

#[test]
fn a_part_that_cannot_be_read_is_no_missing_key() {
    assert_eq!(
        errors(
            quote!(role = 1.5),
            quote!(
                fn f() {}
            )
        )
        .len(),
        1
    );
    assert_eq!(
        errors(
            quote!((role = 1.5)),
            quote!(
                fn f() {}
            )
        )
        .len(),
        1
    );
    assert_eq!(
        errors(
            quote!(),
            quote!(
                fn f() {}
            )
        )
        .len(),
        1
    );
}

#[test]
fn the_item_is_emitted_as_it_came() {
    let bodies = [quote!({ let x = ; msg. }), quote!({ match }), quote!({ 1 })];
    for body in bodies {
        for arguments in [quote!(role = "cart"), quote!(role = cart)] {
            let item =
                quote!(#[doc = "d"] #[allow(unused)] pub async fn add(#[cfg(x)] msg: AddItem) -> u8 #body);
            let emitted = attribute(Kind::Service, arguments, item.clone()).to_string();
            let emitted = crate::testing::without_allow(&emitted);
            assert!(emitted.starts_with(&item.to_string()), "{emitted}");
        }
    }
}

#[test]
fn a_second_attribute_does_not_come_to_life() {
    let item = quote!(
        #[doc = "d"]
        #[matchbus::observer(a = 1)]
        #[inline]
        fn f() {}
    );
    let emitted = attribute(Kind::Service, quote!(a = 1), item).to_string();
    assert!(!emitted.contains("observer (a"), "{emitted}");
    assert!(emitted.contains("# [inline] fn f"), "{emitted}");
}

#[test]
fn everything_that_is_emitted_has_the_cfg() {
    let item = quote!(
        #[cfg(feature = "x")]
        pub(crate) async fn add(msg: AddItem) {}
    );
    let emitted = attribute(Kind::Observer, quote!(a = 1, group(g)), item);
    let file: syn::File = syn::parse2(emitted).unwrap();
    let attrs = |item: &syn::Item| match item {
        syn::Item::Fn(item) => item.attrs.clone(),
        syn::Item::Struct(item) => item.attrs.clone(),
        syn::Item::Macro(item) => item.attrs.clone(),
        syn::Item::Const(item) => item.attrs.clone(),
        syn::Item::Impl(item) => item.attrs.clone(),
        _ => Vec::new(),
    };
    assert_eq!(file.items.len(), 5);
    for item in &file.items {
        assert!(attrs(item).iter().any(|attr| attr.path().is_ident("cfg")));
    }
}

/// Emitted code names things from `::` only, so that nothing of the user's can be meant instead.
#[test]
fn paths_are_absolute() {
    struct Paths(Vec<String>);
    impl Visit<'_> for Paths {
        fn visit_path(&mut self, path: &syn::Path) {
            if path.leading_colon.is_none() && path.segments.len() > 1 {
                self.0.push(quote!(#path).to_string());
            }
            syn::visit::visit_path(self, path);
        }
    }
    let item = quote!(
        async fn add(msg: &M, a: A, b: B) -> R {}
    );
    let emitted = attribute(Kind::Service, quote!((a = 1), (b = "*"), effect(dedup), timeout("1s")), item);
    let mut paths = Paths(Vec::new());
    paths.visit_file(&syn::parse2(emitted).unwrap());
    assert_eq!(paths.0, Vec::<String>::new());
}
