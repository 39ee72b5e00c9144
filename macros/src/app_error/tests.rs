use quote::quote;

use super::derive;

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
        "written `code(…)`",
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
