//! `#[matchbus::main]`

mod expand;
mod linked;
mod options;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::handler::MaybeItemFn;

pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let options = options::Options::new(arguments, &mut errors);
    let Ok(function) = MaybeItemFn::read(item.clone()) else {
        let first = item.clone().into_iter().take(1).collect::<TokenStream>();
        errors.on(
            first,
            "`#[matchbus::main]` stands on a function: `async fn main(app: App) -> matchbus::Result<()>`",
        );
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    validate::signature(&function, &mut errors);
    match errors.into_tokens() {
        None => expand::main(&function, &item, &options),
        Some(errors) => {
            let item = expand::fallback(&function, item);
            quote!(#item #errors)
        }
    }
}
