use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, GenericParam, Path};

use super::case::kebab;
use super::given::Given;
use crate::errors::Errors;

/// What each value of the type says about itself.
pub(super) struct Model {
    /// The variants of an enum; for a struct one, without a name.
    pub(super) cases: Vec<Case>,
    pub(super) krate: Option<Path>,
}

pub(super) struct Case {
    pub(super) variant: Option<(Ident, Vec<Attribute>)>,
    pub(super) code: String,
    pub(super) retryable: bool,
    pub(super) status: Option<u16>,
}

impl Model {
    pub(super) fn new(input: &DeriveInput, errors: &mut Errors) -> Self {
        for param in &input.generics.params {
            if let GenericParam::Lifetime(param) = param {
                errors.on(&param.lifetime, "an error travels to its caller, so its fields own what they hold: replace `&str` by `String`");
            }
        }
        let whole = Given::new(&input.attrs, errors);
        let mut cases = Vec::new();
        match &input.data {
            Data::Struct(_) => cases.push(Case {
                variant: None,
                code: code(&whole, &input.ident),
                retryable: whole.retryable,
                status: whole.status,
            }),
            Data::Enum(data) => {
                if let Some(code) = &whole.code {
                    errors.at(
                        code.span(),
                        "each variant has a code of its own; write `#[app_error(code(…))]` on the variants",
                    );
                }
                for variant in &data.variants {
                    let given = Given::new(&variant.attrs, errors);
                    if let Some((_, span)) = given.krate {
                        errors.at(span, "`crate(…)` stands on the type");
                    }
                    cases.push(Case {
                        variant: Some((
                            variant.ident.clone(),
                            crate::attrs::cfgs(&variant.attrs).into_iter().cloned().collect(),
                        )),
                        code: code(&given, &variant.ident),
                        retryable: given.retryable || whole.retryable,
                        status: given.status.or(whole.status),
                    });
                }
            }
            Data::Union(data) => {
                errors.on(data.union_token.to_token_stream(), "an error is an enum or a struct");
            }
        }
        Model { cases, krate: whole.krate.map(|(path, _)| path) }
    }
}

fn code(given: &Given, ident: &Ident) -> String {
    given.code.as_ref().map_or_else(|| kebab(&ident.unraw().to_string()), syn::LitStr::value)
}
