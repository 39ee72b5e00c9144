//! What is read from the attributes that stand beside ours.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::handler::types::mentions;

/// The doc comment up to its first heading, without the space that follows `///`.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for attr in attrs {
        if let Meta::NameValue(meta) = &attr.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
        {
            lines.extend(
                text.value()
                    .split('\n')
                    .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()),
            );
        }
    }
    let end =
        lines.iter().position(|line| line.starts_with('#') || line.starts_with("```")).unwrap_or(lines.len());
    lines[..end].join("\n").trim().to_owned()
}

/// The `#[cfg(…)]`s, which everything that is emitted beside the item must have too.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}

/// Whether the attribute is `name` or `path::to::name`.
pub(crate) fn is_named(attr: &Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}

/// `#[allow(deprecated)]` for the code beside an item that is deprecated or uses what is.
///
/// Only then: where the lint is forbidden, the attribute itself is an error.
pub(crate) fn allow_deprecated(attrs: &[Attribute]) -> Option<TokenStream> {
    let is_deprecated = attrs.iter().any(|attr| mentions(attr.meta.to_token_stream(), "deprecated"));
    is_deprecated.then(|| quote!(#[allow(deprecated)]))
}
