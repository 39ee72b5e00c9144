use quote::quote;

use super::attribute;

#[test]
fn methods_come_out_as_they_went_in() {
    let item = quote! {
        #[allow(unused)]
        impl Cart {
            const N: u8 = { 1 };
            #[doc = "d"] #[service(cmd = "a")] #[inline] async fn a(&self, m: M) -> R where u8: Copy { let x = ; }
            #[matchbus::observer(cmd = "b")] fn b(&self, m: &M);
            macro_call! { x }
            fn c() {}
        }
    };
    let emitted = attribute(quote!(role = "cart"), item).to_string();
    let expected = quote! {
        #[allow(unused)]
        impl Cart {
            const N: u8 = { 1 };
            #[doc = "d"] #[inline] async fn a(&self, m: M) -> R where u8: Copy { let x = ; }
            fn b(&self, m: &M);
            macro_call! { x }
            fn c() {}
        }
    };
    let emitted = crate::testing::without_allow(&emitted);
    assert!(emitted.starts_with(&expected.to_string()), "{emitted}");
    assert!(!emitted.contains("compile_error"), "{emitted}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let emitted = attribute(
        quote!(role = "cart", (x = 1), timeuot("1s")),
        quote! {
            impl<T> Cart<T> {
                #[service(cmd = "a")] #[observer] async fn a(&mut self) {}
                #[service = "x"] fn b(self) {}
                #[service(cmd = "a")] fn c(&self) {}
                #[service(role = "x", cmd = "d", crate(y))] fn d() {}
                #[service(x = 1)] const E: u8 = 1;
            }
        },
    );
    let found = crate::testing::errors(&emitted);
    let parts = [
        "did you mean `timeout`",
        "cannot be generic",
        "groups of keys stand on the methods",
        "in a `Mutex`",
        "a method has one",
        "keys and options stand in parentheses",
        "take `&self`",
        "key `role` is given twice",
        "first given here",
        "`crate(…)` stands on the block",
        "stand on functions",
        "two service methods have the pattern `cmd:a,role:cart`",
        "first given here",
    ];
    for part in parts {
        assert!(found.iter().any(|text| text.contains(part)), "{part} is not in {found:#?}");
    }
    assert_eq!(found.len(), parts.len(), "{found:#?}");
}
