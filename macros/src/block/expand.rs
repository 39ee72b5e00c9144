use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::model::Model;
use super::parse::Block;
use crate::attrs::{allow_deprecated, cfgs};
use crate::crate_path::crate_path;
use crate::handler::{MARK, Parsed, claims, info};

pub(super) fn beside(block: &Block, model: &Model) -> TokenStream {
    let krate = crate_path(model.options.krate.as_ref());
    let private = quote!(#krate::__private);
    let (ty, cfgs) = (&block.ty, cfgs(&block.attrs));
    let attrs: Vec<_> = block.attrs.iter().chain(&model.attrs).cloned().collect();
    let allow = allow_deprecated(&attrs);
    let claims = model.handlers.iter().map(claims);
    let mark = format_ident!("{MARK}S", span = Span::call_site());
    let infos = model.handlers.iter().map(|handler| {
        let (info, cfgs) = (info(handler, &private), &handler.cfgs);
        quote!(#(#cfgs)* #info)
    });
    quote! {
        #(#claims)*
        #(#cfgs)*
        #allow
        const _: () = {
            const #mark: &[#private::Info] = &[#(#infos),*];
            impl #private::Services for #ty {
                const LIST: &'static [#private::Info] = #mark;
            }
            #private::inventory::submit! { #private::Registration::of::<#ty>() }
        };
    }
}

/// After a mistake: just enough that `services![…]` does not complain too.
pub(super) fn fallback(block: &Block, shared: &Parsed) -> TokenStream {
    if block.trait_for.is_some() || !block.generics.params.is_empty() {
        return TokenStream::new();
    }
    let krate = crate_path(shared.options.krate.as_ref());
    let (ty, cfgs) = (&block.ty, cfgs(&block.attrs));
    quote! {
        #(#cfgs)*
        impl #krate::__private::Services for #ty {
            const LIST: &'static [#krate::__private::Info] = &[];
        }
    }
}
