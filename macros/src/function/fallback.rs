use proc_macro2::TokenStream;
use quote::quote;

use super::expand::companion;
use crate::crate_path::crate_path;
use crate::handler::{MaybeItemFn, Parsed};

/// After a mistake: just enough that lists which name the function do not complain too.
pub(super) fn beside(function: &MaybeItemFn, parsed: &Parsed) -> TokenStream {
    if function.sig.receiver().is_some() {
        // Inside an `impl` no type can stand.
        return TokenStream::new();
    }
    let krate = crate_path(parsed.options.krate.as_ref());
    let (companion, name, cfgs) =
        (companion(function), &function.sig.ident, crate::attrs::cfgs(&function.attrs));
    quote! {
        #companion
        #(#cfgs)*
        impl #krate::__private::Services for #name {
            const LIST: &'static [#krate::__private::Info] = &[];
        }
    }
}
