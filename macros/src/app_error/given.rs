use proc_macro2::{Span, TokenStream};
use syn::{Attribute, LitStr, Meta, Path};

use crate::attribute::{
    Entry, Spent, integer, no_arguments, no_key, one_path, one_text, read, unknown_without_keys,
};
use crate::errors::Errors;

/// What stands in `#[app_error(…)]`.
#[derive(Default)]
pub(super) struct Given {
    pub(super) code: Option<LitStr>,
    pub(super) retryable: bool,
    pub(super) status: Option<u16>,
    pub(super) krate: Option<(Path, Span)>,
}

/// As they are written.
const FORMS: &[&str] = &["code(\"out-of-stock\")", "retryable", "status(409)", "crate(path::to::matchbus)"];

impl Given {
    /// One attribute or several, on the type or on a variant.
    pub(super) fn new(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let (mut given, mut spent) = (Given::default(), Spent::default());
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("app_error")) {
            match &attr.meta {
                Meta::List(list) => given.fill(list.tokens.clone(), &mut spent, errors),
                meta => errors.on(
                    meta,
                    "options stand in parentheses: `#[app_error(code(\"out-of-stock\"), status(409))]`",
                ),
            }
        }
        given
    }

    fn fill(&mut self, arguments: TokenStream, spent: &mut Spent, errors: &mut Errors) {
        for entry in read(arguments, errors) {
            let option = match entry {
                Entry::Option(option) => option,
                Entry::Key(key) => {
                    no_key(&key, "an error", FORMS, errors);
                    continue;
                }
                Entry::Broken => continue,
                Entry::Group(span, _) => {
                    errors.at(span, "an error has no pattern; remove the group");
                    continue;
                }
            };
            if !spent.first(&option, errors) {
                continue;
            }
            match option.name.to_string().as_str() {
                "code" => {
                    self.code = one_text(&option, "\"out-of-stock\"", errors);
                    if let Some(code) = &self.code
                        && (code.value().is_empty() || code.value().contains(char::is_whitespace))
                    {
                        errors.at(
                            code.span(),
                            "a code is one word that callers compare: `code(\"out-of-stock\")`",
                        );
                    }
                }
                "retryable" => {
                    no_arguments(&option, errors);
                    self.retryable = true;
                }
                "status" => {
                    if let Some((status, span)) = integer::<u16>(&option, "409", errors) {
                        if !(400..600).contains(&status) {
                            errors.at(span, "an error's HTTP status lies between 400 and 599");
                        }
                        self.status = Some(status);
                    }
                }
                "crate" => self.krate = one_path(&option, errors).map(|path| (path, option.span())),
                _ => unknown_without_keys(&option, FORMS, errors),
            }
        }
    }
}
