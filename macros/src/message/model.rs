use proc_macro2::Span;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields};

use super::container::Container;
use super::field::{Field, Role};
use super::generics::parameters;
use super::given::Given;
use crate::attrs;
use crate::errors::Errors;
use crate::pattern::{Pattern, Value};

/// A message type without mistakes.
pub(super) struct Model {
    pub(super) pattern: Pattern,
    pub(super) fields: Vec<Field>,
    /// More keys than the fields may be routed on.
    pub(super) open: bool,
    pub(super) doc: String,
    /// Names of type and const parameters.
    pub(super) parameters: Vec<String>,
}

impl Model {
    pub(super) fn new(input: &DeriveInput, given: &Given, errors: &mut Errors) -> Self {
        let pattern = pattern(given, errors);
        let container = Container::new(input, errors);
        no_lifetimes(input, errors);
        let (mut fields, mut open) = (Vec::new(), given.open);
        for field in named_fields(input, errors) {
            match Role::new(field, &container, errors) {
                Some(Role::Field(field)) => fields.push(*field),
                Some(Role::Flattened) => open = true,
                Some(Role::Skipped) | None => {}
            }
        }
        for key in &pattern.keys {
            if let Some(field) = fields.iter().find(|field| field.name == key.name) {
                errors.twice(
                    field.span,
                    format!(
                        "field `{0}` is a key of `#[message(…)]` too, and the JSON would have it twice: remove the field, since every message of this type has `{0}`",
                        key.name
                    ),
                    key.span,
                    "the key is given here",
                );
            }
        }
        for (alias, span) in fields.iter().flat_map(|field| &field.aliases) {
            if let Some(key) = pattern.keys.iter().find(|key| key.name == *alias) {
                errors.twice(
                    *span,
                    format!(
                        "`alias = \"{alias}\"` is a key of `#[message(…)]` too, so the field would be read from the key: give it another alias, or none"
                    ),
                    key.span,
                    "the key is given here",
                );
            }
        }
        for (name, span) in &given.context {
            let known = pattern.keys.iter().map(|key| (&key.name, "a key of the message's own pattern"));
            let mut known = known.chain(fields.iter().map(|field| (&field.name, "a field")));
            if let Some((_, what)) = known.find(|(known, _)| *known == name) {
                errors.at(
                    *span,
                    format!("`{name}` is {what} already; `context(…)` names keys that callers may add"),
                );
            }
        }
        Model {
            pattern,
            fields,
            open,
            doc: attrs::doc(&input.attrs),
            parameters: parameters(&input.generics),
        }
    }
}

fn pattern(given: &Given, errors: &mut Errors) -> Pattern {
    let span = given.keys.first().map(|key| key.span).or(given.place).unwrap_or_else(Span::call_site);
    let before = errors.is_empty();
    let pattern = Pattern::new(given.keys.iter().cloned(), span, errors);
    // Where the keys could not be read, that is error enough.
    if pattern.keys.is_empty() && before {
        errors.at(span, "a message has at least one key: `#[message(role = \"cart\", cmd = \"add\")]`");
    }
    // Without them there may be no key left.
    let only_globs = pattern.keys.iter().all(|key| matches!(key.value, Value::Glob(_)));
    let and =
        if only_globs { " and give the type a key with a known value, as `role = \"cart\"`" } else { "" };
    for key in &pattern.keys {
        if let Value::Glob(glob) = &key.value {
            errors.at(
                key.span,
                format!(
                    "every message of this type has this key, so its value must be known, and `{glob}` is a glob; make `{}` a field{and}, or write `**` for a literal `*` and `*?` for a literal `?`",
                    key.name
                ),
            );
        }
    }
    pattern
}

fn no_lifetimes(input: &DeriveInput, errors: &mut Errors) {
    for param in input.generics.lifetimes() {
        errors.on(
            &param.lifetime,
            "a message outlives the bytes it came in, so its fields own what they hold: replace `&str` by `String` and the like",
        );
    }
}

fn named_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a syn::Field> {
    let name = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unnamed(fields) => errors.on(
                fields,
                format!("a message is a JSON object, and a tuple is not: give the fields names: `struct {name} {{ … }}`"),
            ),
            Fields::Unit => errors.on(
                name,
                format!("a message is a JSON object; without fields it is written `struct {name} {{}}`"),
            ),
        },
        Data::Enum(data) => errors.on(
            data.enum_token.to_token_stream(),
            "a message is a struct with named fields: make a struct of each variant, or a struct with the `enum` as a field",
        ),
        Data::Union(data) => {
            errors.on(data.union_token.to_token_stream(), "a message is a struct with named fields");
        }
    }
    Vec::new()
}
