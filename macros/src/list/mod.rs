//! `services![cart::add, Cart]`

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Path, Token};

use crate::crate_path::crate_path;
use crate::errors::Errors;

/// One path of the list.
struct Entry {
    attrs: Vec<Attribute>,
    path: Path,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let path = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected the path of a handler, or of a type whose methods are handlers",
            )
        })?;
        Ok(Entry { attrs, path })
    }
}

pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let private = crate_path(None);
    let private = quote!(#private::__private);
    let mut errors = Errors::new();
    let entries =
        errors.ok(Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens)).unwrap_or_default();
    for (i, entry) in entries.iter().enumerate() {
        let same = |other: &&Entry| {
            other.attrs.is_empty()
                && other.path.to_token_stream().to_string() == entry.path.to_token_stream().to_string()
        };
        if entry.attrs.is_empty()
            && let Some(first) = entries.iter().take(i).find(same)
        {
            errors.on(&entry.path, "listed twice; remove one");
            errors.on(&first.path, "first listed here");
        }
    }
    if let Some(errors) = errors.into_tokens() {
        return quote!({ #errors const NONE: &[&[#private::Info]] = &[]; NONE });
    }
    let lists = entries.iter().map(|Entry { attrs, path }| {
        let list = quote_spanned!(path.span()=> LIST);
        quote!(#(#attrs)* <#path as #private::Services>::#list)
    });
    // The check stands in an item of its own, so that `cargo check` evaluates it; its span is the whole list.
    let check = quote_spanned!(Span::call_site()=> #private::refuse_conflicts(LISTS));
    quote!({
        const LISTS: &[&[#private::Info]] = &[#(#lists),*];
        const _: () = #check;
        LISTS
    })
}
