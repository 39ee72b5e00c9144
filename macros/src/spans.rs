//! Where the compiler underlines.

use proc_macro2::{Span, TokenStream};

/// The places of the first and the last token.
pub(crate) fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut tokens = tokens.clone().into_iter().map(|token| token.span());
    let first = tokens.next().unwrap_or_else(Span::call_site);
    (first, tokens.last().unwrap_or(first))
}

/// The tokens at the place of others, which is what the compiler underlines; they mean what they meant.
pub(crate) fn relocate(tokens: TokenStream, first: Span, last: Span) -> TokenStream {
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    for token in &mut tokens {
        token.set_span(token.span().located_at(first));
    }
    if let Some(token) = tokens.last_mut() {
        token.set_span(token.span().located_at(last));
    }
    tokens.into_iter().collect()
}
