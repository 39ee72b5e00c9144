use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics};

use super::field::Field;
use super::given::Given;
use crate::handler::types::mentions;

/// A generic type is a message for those parameters for which it can be one: for which it, its reply and the
/// fields that are looked at can be written and read.
pub(super) fn generics(
    generics: &Generics,
    given: &Given,
    fields: &[Field],
    private: &TokenStream,
) -> Generics {
    let mut generics = generics.clone();
    let names = parameters(&generics);
    if names.is_empty() {
        return generics;
    }
    let is_generic = |tokens: TokenStream| names.iter().any(|name| mentions(tokens.clone(), name));
    let both = quote!(#private::serde::Serialize + #private::serde::de::DeserializeOwned + ::core::marker::Send + 'static);
    let mut bounds = vec![quote!(Self: #both + ::core::marker::Sync)];
    if let Some(reply) = given.reply.as_ref().filter(|reply| is_generic(reply.to_token_stream())) {
        bounds.push(quote!(#reply: #both));
    }
    if let Some(error) = given.error.as_ref().filter(|error| is_generic(error.to_token_stream())) {
        bounds.push(quote!(#error: #private::MessageError));
    }
    for Field { ty, serialize_with, .. } in fields {
        if serialize_with.is_none() && is_generic(ty.to_token_stream()) {
            bounds.push(quote!(#ty: #private::serde::Serialize));
        }
    }
    let predicates = bounds.into_iter().filter_map(|bound| syn::parse2(bound).ok());
    generics.make_where_clause().predicates.extend::<Vec<syn::WherePredicate>>(predicates.collect());
    generics
}

/// The names of type and const parameters.
pub(super) fn parameters(generics: &Generics) -> Vec<String> {
    let name = |param: &GenericParam| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(param) => Some(param.ident.to_string()),
        GenericParam::Const(param) => Some(param.ident.to_string()),
    };
    generics.params.iter().filter_map(name).collect()
}
