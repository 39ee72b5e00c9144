//! `#[service]` and `#[observer]` on a free function.

mod expand;
mod fallback;
mod model;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::handler::{Kind, MaybeItemFn, Parsed, without_ours};

/// parse → model (which validates) → expand. The function itself is always emitted as it came.
pub(crate) fn attribute(kind: Kind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let parsed = Parsed::new(arguments, &mut errors);
    let mut allow = TokenStream::new();
    let beside = match MaybeItemFn::read(item.clone()) {
        Err(_) => {
            let word = kind.word();
            let first = item.clone().into_iter().take(1).collect::<TokenStream>();
            errors.on(first, format!("`#[{word}]` stands on a function: `#[{word}(…)] async fn …`"));
            TokenStream::new()
        }
        Ok(function) => {
            // The bus gives each argument away, so a handler takes them by value whether it consumes them or not.
            allow = quote::quote!(#[allow(clippy::needless_pass_by_value)]);
            let handler = model::handler(kind, &parsed, &function, &mut errors);
            if errors.is_empty() {
                expand::beside(&function, &handler)
            } else {
                fallback::beside(&function, &parsed)
            }
        }
    };
    let errors = errors.into_tokens();
    // A second attribute of ours is an error already; it must not come to life.
    let item = without_ours(item);
    quote::quote!(#allow #item #beside #errors)
}

#[cfg(test)]
mod tests;
