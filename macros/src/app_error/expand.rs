use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, GenericParam};

use super::model::{Case, Model};
use crate::crate_path::crate_path;

pub(super) fn app_error(input: &DeriveInput, model: &Model) -> TokenStream {
    let has_lifetime = input.generics.params.iter().any(|param| matches!(param, GenericParam::Lifetime(_)));
    if has_lifetime || matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let krate = crate_path(model.krate.as_ref());
    let private = quote!(#krate::__private);
    let name = &input.ident;
    let mut generics = input.generics.clone();
    if !generics.params.is_empty() {
        let bound = quote! {
            Self: ::core::error::Error + #private::serde::Serialize + #private::serde::de::DeserializeOwned
                + ::core::marker::Send + ::core::marker::Sync + 'static
        };
        if let Ok(predicate) = syn::parse2(bound) {
            generics.make_where_clause().predicates.push(predicate);
        }
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let code = if model.cases.is_empty() {
        // An enum without variants has no value to ask.
        quote!(match *self {})
    } else {
        let code = choose(model, |case| Some(&case.code), &quote!(""));
        quote!(#private::Cow::Borrowed(#code))
    };
    let mut more = TokenStream::new();
    if model.cases.iter().any(|case| case.retryable) {
        let body = choose(model, |case| case.retryable.then_some(true), &quote!(false));
        more.extend(quote! {
            fn retryable(&self) -> ::core::primitive::bool {
                #body
            }
        });
    }
    if model.cases.iter().any(|case| case.status.is_some()) {
        let body = choose(model, |case| case.status, &quote!(422));
        more.extend(quote! {
            fn status(&self) -> ::core::primitive::u16 {
                #body
            }
        });
    }
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #private::AppError for #name #ty_generics #where_clause {
            fn code(&self) -> #private::Cow<'_, ::core::primitive::str> {
                #code
            }
            #more
        }
    }
}

/// What a value says: a literal for a struct, a `match` for an enum.
fn choose<'a, T: ToTokens>(
    model: &'a Model,
    say: impl Fn(&'a Case) -> Option<T>,
    otherwise: &TokenStream,
) -> TokenStream {
    if let [Case { variant: None, .. }] = &model.cases[..] {
        return say(&model.cases[0]).map_or_else(|| otherwise.clone(), ToTokens::into_token_stream);
    }
    let arms = model.cases.iter().filter_map(|case| {
        let (variant, cfgs) = case.variant.as_ref()?;
        let said = say(case).map_or_else(|| otherwise.clone(), ToTokens::into_token_stream);
        Some(quote!(#(#cfgs)* Self::#variant { .. } => #said,))
    });
    quote!(match self { #(#arms)* })
}
