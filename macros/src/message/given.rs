use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{DeriveInput, LitStr, Meta, Path, Token, Type};

use crate::attribute::{self, Entry, Key, Spent, no_arguments, one_path, one_type, read, unknown};
use crate::errors::Errors;

const KNOWN: &[&str] = &["reply", "error", "external", "open", "context", "crate"];

/// What stands in `#[message(…)]`.
#[derive(Default)]
pub(super) struct Given {
    pub(super) keys: Vec<Key>,
    pub(super) reply: Option<Type>,
    pub(super) error: Option<Type>,
    pub(super) external: bool,
    pub(super) open: bool,
    pub(super) context: Vec<(String, Span)>,
    pub(super) krate: Option<Path>,
    /// Where the attribute stands.
    pub(super) place: Option<Span>,
}

impl Given {
    pub(super) fn new(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut given = Given::default();
        let mut ours = input.attrs.iter().filter(|attr| attr.path().is_ident("message"));
        let Some(attr) = ours.next() else {
            errors.on(
                &input.ident,
                "the keys are missing that every message of this type has: add `#[message(role = \"cart\", cmd = \"add\", reply(Cart))]`",
            );
            return given;
        };
        for second in ours {
            errors.twice(
                second.bracket_token.span.join(),
                "a type has one `#[message(…)]`; write all keys and options in it",
                attr.bracket_token.span.join(),
                "first given here",
            );
        }
        given.place = Some(attr.path().span());
        match &attr.meta {
            Meta::List(list) => given.fill(list.tokens.clone(), errors),
            meta => errors.on(
                meta,
                "keys and options stand in parentheses: `#[message(role = \"cart\", cmd = \"add\")]`",
            ),
        }
        given
    }

    fn fill(&mut self, arguments: TokenStream, errors: &mut Errors) {
        let mut spent = Spent::default();
        for entry in read(arguments, errors) {
            let option = match entry {
                Entry::Key(key) => {
                    self.keys.push(key);
                    continue;
                }
                Entry::Broken => continue,
                Entry::Group(span, _) => {
                    errors.at(span, "a message has one set of keys; groups belong to handlers: write here the keys that all of these messages have, and make the others fields");
                    continue;
                }
                Entry::Option(option) => option,
            };
            if !spent.first(&option, errors) {
                continue;
            }
            match option.name.to_string().as_str() {
                "reply" => self.reply = one_type(&option, errors),
                "error" => self.error = one_type(&option, errors),
                "external" => {
                    no_arguments(&option, errors);
                    self.external = true;
                }
                "open" => {
                    no_arguments(&option, errors);
                    self.open = true;
                }
                "context" => self.context = names(&option, errors),
                "crate" => self.krate = one_path(&option, errors),
                _ => unknown(&option, KNOWN, errors),
            }
        }
    }
}

/// `context(tier, "user-id")`
fn names(option: &attribute::Given, errors: &mut Errors) -> Vec<(String, Span)> {
    let name = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            input.parse::<LitStr>().map(|text| (text.value(), text.span()))
        } else {
            input.call(Ident::parse_any).map(|ident| (ident.unraw().to_string(), ident.span()))
        }
    };
    let read = |input: ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, name);
    let read = read.parse2(option.arguments.clone().unwrap_or_default());
    match read {
        Ok(names) if !names.is_empty() => {
            let mut once: Vec<(String, Span)> = Vec::new();
            for (name, span) in names {
                match once.iter().find(|(known, _)| *known == name) {
                    Some((_, first)) => {
                        errors.twice(span, format!("`{name}` is given twice"), *first, "first given here");
                    }
                    None => once.push((name, span)),
                }
            }
            once
        }
        _ => {
            errors.at(
                option.span(),
                "expected names of keys that callers may add: `context(tier, \"user-id\")`",
            );
            Vec::new()
        }
    }
}
