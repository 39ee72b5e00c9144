//! `#[derive(Message)]`

mod case;
mod container;
mod expand;
mod fallback;
mod field;
mod generics;
mod given;
mod model;
mod serde;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Errors;

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::new();
    let given = given::Given::new(&input, &mut errors);
    let model = model::Model::new(&input, &given, &mut errors);
    match errors.into_tokens() {
        None => expand::message(&input, &given, &model),
        Some(errors) => {
            let fallback = fallback::message(&input, &given);
            quote!(#errors #fallback)
        }
    }
}

#[cfg(test)]
mod tests;
