use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{Handler, Kind};
use crate::pattern::claim_name;

/// For each pattern an item whose name says it, so that the compiler refuses a second handler with the same
/// pattern and shows both (E0428).
///
/// A service claims its pattern in the whole crate: an exported macro is an item of the crate's root, wherever it is
/// written. It is never called. An observer claims it in its service only, which is its module unless `group(…)`
/// says otherwise: several services may hear the same.
///
/// Whoever replaces another handler on purpose claims nothing.
pub(crate) fn claims(handler: &Handler) -> TokenStream {
    if handler.options.overrides || handler.options.alternative {
        return TokenStream::new();
    }
    let (kind, cfgs, group) = (handler.kind, &handler.cfgs, handler.options.group.as_deref());
    let group = group.filter(|_| kind == Kind::Observer);
    let claims = handler.patterns.iter().map(|pattern| {
        let name = Ident::new(&claim_name(kind.word(), group, pattern), Span::call_site());
        if kind == Kind::Service || group.is_some() {
            quote! {
                #(#cfgs)*
                #[doc(hidden)]
                #[allow(non_local_definitions)]
                #[macro_export]
                macro_rules! #name { () => {} }
            }
        } else {
            quote! {
                #(#cfgs)*
                #[doc(hidden)]
                #[allow(non_upper_case_globals, dead_code)]
                const #name: () = ();
            }
        }
    });
    quote!(#(#claims)*)
}
