use quote::quote;

use super::derive;

#[test]
fn no_cure_leads_back_to_the_mistake() {
    let found = |arguments| {
        let found = crate::testing::errors(&derive(quote!(#[app_error #arguments] struct E;)));
        assert_eq!(found.len(), 1, "{found:#?}");
        found.into_iter().next().unwrap()
    };
    let of_option = found(quote!((retries)));
    assert!(!of_option.contains('=') && of_option.contains("`retryable`"), "{of_option}");
    let of_key = found(quote!((retries = 1)));
    assert!(!of_key.contains("retries(") && of_key.contains("`status(409)`"), "{of_key}");
    assert!(found(quote!((retryable = true))).ends_with("the option is written `retryable`"));
    assert!(found(quote!((retriable = true))).ends_with("did you mean `retryable`?"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let emitted = derive(quote! {
        #[app_error(code("x"), retriable)]
        enum E<'a> {
            #[app_error(code = "full", status("409"), retryable(true))] Full,
            #[app_error(status(200), code("not one word"), code("y"), (a = 1))] Gone(&'a str),
        }
    });
    let found = crate::testing::errors(&emitted);
    let parts = [
        "own what they hold",
        "did you mean `retryable`",
        "each variant has a code of its own",
        "the option is written `code(\"out-of-stock\")`",
        "expected a whole number",
        "takes nothing",
        "between 400 and 599",
        "one word",
        "option `code` is given twice",
        "first given here",
        "remove the group",
    ];
    assert_eq!(found.len(), parts.len(), "{found:#?}");
    for part in parts {
        assert!(found.iter().any(|text| text.contains(part)), "{part} is not in {found:#?}");
    }
}
