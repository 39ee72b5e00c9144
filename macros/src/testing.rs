//! Helpers of the unit tests.

use proc_macro2::{TokenStream, TokenTree};

/// The texts of all `compile_error!`s in the tokens, at any depth.
pub(crate) fn errors(tokens: &TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    let mut is_error = false;
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            TokenTree::Group(group) if is_error => {
                let text: syn::LitStr = syn::parse2(group.stream()).expect("one text");
                texts.push(text.value());
                is_error = false;
            }
            TokenTree::Group(group) => texts.extend(errors(&group.stream())),
            _ => {}
        }
    }
    texts
}

/// What is emitted, without the one lint that is allowed before it.
pub(crate) fn without_allow(emitted: &str) -> &str {
    let allow = quote::quote!(#[allow(clippy::needless_pass_by_value)]).to_string();
    emitted.strip_prefix(&allow).unwrap_or(emitted).trim_start()
}
