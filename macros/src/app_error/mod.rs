//! `#[derive(AppError)]`

mod case;
mod expand;
mod given;
mod model;

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
    let model = model::Model::new(&input, &mut errors);
    // After a mistake the rest is still right enough for those who use the type.
    let expanded = expand::app_error(&input, &model);
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

#[cfg(test)]
mod tests;
