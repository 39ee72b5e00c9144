//! `#[services]` on an `impl` block whose methods are handlers.
//!
//! An attribute on a method can emit nothing beside the `impl`, so one attribute on the block does it for all.

mod equal;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::handler::Parsed;

pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let shared = Parsed::new(arguments, &mut errors);
    let (item, beside) = match syn::parse2::<parse::Block>(item.clone()) {
        Err(_) => {
            let first = item.clone().into_iter().take(1).collect::<TokenStream>();
            errors.on(first, "`#[services]` stands on an `impl` block: `#[services(…)] impl Cart { … }`");
            (item, TokenStream::new())
        }
        Ok(block) => {
            let model = model::Model::new(&shared, &block, &mut errors);
            let beside = if errors.is_empty() {
                expand::beside(&block, &model)
            } else {
                expand::fallback(&block, &shared)
            };
            let block = block.without_ours();
            // The bus gives each argument away, so a handler takes them by value whether it consumes them or not.
            (quote!(#[allow(clippy::needless_pass_by_value)] #block), beside)
        }
    };
    let errors = errors.into_tokens();
    quote!(#item #beside #errors)
}

#[cfg(test)]
mod tests;
