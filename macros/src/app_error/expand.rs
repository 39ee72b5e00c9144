use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, GenericParam, parse_quote};

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
    let from_call = from_call(input, &private);
    quote! {
        #from_call
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

/// `?` on calls in handlers that fail with this type.
///
/// The impl is there for every type, so that rustc asks for `FromCall`, whose text names the cure. Without a lifetime of
/// its own the bound would be judged here and not where `?` stands. That nobody else can implement it for the type lets
/// users write a `From` of their own.
fn from_call(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let name = &input.ident;
    let (_, ty_generics, _) = input.generics.split_for_impl();
    let mut generics = input.generics.clone();
    generics.params.push(parse_quote!(__MatchbusError: #private::MessageError));
    generics
        .make_where_clause()
        .predicates
        .push(parse_quote!(for<'__a> #name #ty_generics: #private::FromCall));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics ::core::convert::From<#private::CallError<__MatchbusError>> for #name #ty_generics
        #where_clause
        {
            fn from(error: #private::CallError<__MatchbusError>) -> Self {
                #private::FromCall::from_call(::core::convert::From::from(error))
            }
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
