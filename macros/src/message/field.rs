use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{ExprPath, Ident, Type};

use super::case::rename;
use super::container::Container;
use super::serde;
use crate::errors::Errors;

/// A field that may be routed on.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    /// In JSON.
    pub(super) name: String,
    pub(super) span: Span,
    /// Other names under which it is read.
    pub(super) aliases: Vec<(String, Span)>,
    /// A function that writes it instead of its own `Serialize`.
    pub(super) serialize_with: Option<ExprPath>,
    /// A function that says when it is left out.
    pub(super) skip_if: Option<ExprPath>,
}

/// What a field of a struct is in JSON.
pub(super) enum Role {
    Field(Box<Field>),
    /// Its own keys stand in the message.
    Flattened,
    /// In one direction at least it is not there.
    Skipped,
}

impl Role {
    pub(super) fn new(field: &syn::Field, container: &Container, errors: &mut Errors) -> Option<Self> {
        let ident = field.ident.clone()?;
        let plain = ident.unraw().to_string();
        let mut name = match &container.rename_all {
            Some(rule) => rename(rule, &plain).unwrap_or(plain),
            None => plain,
        };
        let (mut span, mut serialize_with, mut skip_if) = (ident.span(), None, None);
        let mut aliases = Vec::new();
        for item in serde::items(&field.attrs) {
            match item.name.as_str() {
                "skip" | "skip_serializing" | "skip_deserializing" => return Some(Role::Skipped),
                "flatten" => return Some(Role::Flattened),
                "rename" => match item.one_name() {
                    Ok(Some(renamed)) => {
                        renamed.clone_into(&mut name);
                        span = item.span;
                    }
                    Ok(None) => {}
                    Err(()) => errors.at(
                        item.span,
                        "what is written under one name could not be read under another: give one `rename = \"…\"`, and `alias` for older names",
                    ),
                },
                "with" => {
                    serialize_with = item.path().map(|mut path| {
                        path.path.segments.push(Ident::new("serialize", item.span).into());
                        path
                    });
                }
                "alias" => aliases.extend(item.one_name().ok().flatten().map(|name| (name.to_owned(), item.span))),
                "serialize_with" => serialize_with = item.path(),
                "skip_serializing_if" => skip_if = item.path(),
                _ => {}
            }
        }
        let field = Field { ident, ty: field.ty.clone(), name, span, aliases, serialize_with, skip_if };
        Some(Role::Field(Box::new(field)))
    }
}

impl Field {
    /// Whether its type names one of the parameters.
    pub(super) fn mentions(&self, parameters: &[String]) -> bool {
        let tokens = self.ty.to_token_stream();
        parameters.iter().any(|parameter| crate::handler::types::mentions(tokens.clone(), parameter))
    }
}
