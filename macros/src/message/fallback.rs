use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, GenericParam};

use super::generics::generics;
use super::given::Given;
use crate::crate_path::crate_path;

/// After a mistake: just enough that handlers and callers of the message do not complain too.
pub(super) fn message(input: &DeriveInput, given: &Given) -> TokenStream {
    let has_lifetime = input.generics.params.iter().any(|param| matches!(param, GenericParam::Lifetime(_)));
    if has_lifetime || matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let krate = crate_path(given.krate.as_ref());
    let private = quote!(#krate::__private);
    let name = &input.ident;
    let reply = given.reply.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let error = given.error.as_ref().map_or_else(|| quote!(#private::NoError), ToTokens::to_token_stream);
    let generics = generics(&input.generics, given, &[], &private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Message for #name #ty_generics #where_clause {
            type Reply = #reply;
            type Error = #error;
            // Open, so that every handler's pattern fits.
            const INFO: #private::MessageInfo = #private::MessageInfo::new::<Self>(
                "",
                "",
                #private::Place::new("", 0),
                "",
                #private::PatternInfo::new(&[], ""),
                "",
                &[],
                || ::core::unreachable!(),
            )
            .with_open();
            fn key(&self, _: ::core::primitive::usize, _: &mut dyn ::core::ops::FnMut(#private::Scalar<'_>)) {}
        }
    }
}
