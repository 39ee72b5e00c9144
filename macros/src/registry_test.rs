//! `registry_test!()`

use proc_macro2::TokenStream;
use quote::quote;

use crate::crate_path::crate_path;
use crate::errors::Errors;

pub(crate) fn expand(arguments: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    if !arguments.is_empty() {
        errors.on(arguments, "`registry_test!()` takes nothing: it looks at all handlers that are linked");
    }
    if let Some(errors) = errors.into_tokens() {
        return errors;
    }
    let krate = crate_path(None);
    quote! {
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn matchbus_registry() {
            if let ::core::result::Result::Err(conflicts) = #krate::__private::registry_test() {
                ::core::panic!("{}", conflicts);
            }
        }
    }
}
