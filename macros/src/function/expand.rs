use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::attrs::allow_deprecated;
use crate::crate_path::crate_path;
use crate::handler::{Handler, MARK, MaybeItemFn, claims, info};

/// What stands beside the function: a type of its name that carries the descriptor, the registration, the claims.
pub(super) fn beside(function: &MaybeItemFn, handler: &Handler) -> TokenStream {
    let krate = crate_path(handler.options.krate.as_ref());
    let private = quote!(#krate::__private);
    let (companion, cfgs) = (companion(function), &handler.cfgs);
    let (claims, info, mark) =
        (claims(handler), info(handler, &private), Ident::new(MARK, Span::call_site()));
    let name = &function.sig.ident;
    let allow = allow_deprecated(&function.attrs);
    quote! {
        #companion
        #claims
        #(#cfgs)*
        #allow
        impl #private::Annotated for #name {
            const #mark: #private::Info = #info;
        }
        #(#cfgs)*
        #private::inventory::submit! { #private::Registration::one::<#name>() }
    }
}

/// The type with the function's name, so that the function's path can be listed and called by.
pub(super) fn companion(function: &MaybeItemFn) -> TokenStream {
    let (name, vis, cfgs) = (&function.sig.ident, &function.vis, crate::attrs::cfgs(&function.attrs));
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, unreachable_pub)]
        #vis struct #name {}
    }
}
