//! What options have in common: each once, each with the arguments it wants.

use std::fmt::Display;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, Parser};
use syn::{Ident, LitInt, LitStr, Path, Type};

use super::{Given, Key};
use crate::errors::Errors;
use crate::suggest::nearest;

/// The options seen so far, so that one given twice is found.
#[derive(Debug, Default)]
pub(crate) struct Spent(Vec<(String, Span)>);

impl Spent {
    /// Whether the option is the first of its name.
    pub(crate) fn first(&mut self, given: &Given, errors: &mut Errors) -> bool {
        let name = given.name.to_string();
        if let Some((_, first)) = self.0.iter().find(|(known, _)| *known == name) {
            let text = format!("option `{name}` is given twice");
            errors.twice(given.span(), text, *first, "first given here");
            return false;
        }
        self.0.push((name, given.span()));
        true
    }
}

pub(crate) fn unknown(given: &Given, known: &[&str], errors: &mut Errors) {
    let name = given.name.unraw().to_string();
    let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    errors.at(
        given.span(),
        match nearest(&name, known) {
            Some(near) => format!(
                "there is no option `{name}`; did you mean `{near}`? (a key has a value: `{name} = \"…\"`)"
            ),
            None => format!(
                "there is no option `{name}`; options are {list} (a key has a value: `{name} = \"…\"`)"
            ),
        },
    );
}

/// As [`unknown`], where there is no pattern, so that `name = "…"` would be no cure. The options are given as they are
/// written: `worker_threads(4)`.
pub(crate) fn unknown_without_keys(given: &Given, forms: &[&str], errors: &mut Errors) {
    let name = given.name.unraw().to_string();
    errors.at(given.span(), format!("there is no option `{name}`; {}", instead(&name, forms)));
}

/// For a key where there is no pattern: most often an option that is written like one.
pub(crate) fn no_key(key: &Key, whose: &str, forms: &[&str], errors: &mut Errors) {
    let name = &key.name;
    let text = match forms.iter().find(|form| name_of(form) == name) {
        Some(form) => format!("{whose} has no pattern; the option is written `{form}`"),
        None => format!("{whose} has no pattern, and no option `{name}`; {}", instead(name, forms)),
    };
    errors.at(key.span, text);
}

fn instead(name: &str, forms: &[&str]) -> String {
    let names: Vec<&str> = forms.iter().copied().map(name_of).collect();
    let near = nearest(name, &names).and_then(|near| forms.iter().find(|form| name_of(form) == near));
    near.map_or_else(
        || {
            format!(
                "options are {}",
                forms.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", ")
            )
        },
        |form| format!("did you mean `{form}`?"),
    )
}

fn name_of(form: &str) -> &str {
    form.split('(').next().unwrap_or(form)
}

/// For an option that is only a word.
pub(crate) fn no_arguments(given: &Given, errors: &mut Errors) {
    if given.arguments.is_some() {
        let name = &given.name;
        errors.at(given.span(), format!("option `{name}` takes nothing: write `{name}`"));
    }
}

/// One argument that syn can parse; the error names the right form.
pub(crate) fn argument<T: Parse>(given: &Given, form: impl Display, errors: &mut Errors) -> Option<T> {
    let name = &given.name;
    let Some(arguments) = given.arguments.clone().filter(|tokens| !tokens.is_empty()) else {
        errors.at(given.span(), format!("option `{name}` needs an argument: {form}"));
        return None;
    };
    let argument = T::parse.parse2(arguments.clone()).ok();
    if argument.is_none() {
        errors.on(arguments, format!("expected {form}"));
    }
    argument
}

pub(crate) fn integer<N>(given: &Given, form: &str, errors: &mut Errors) -> Option<(N, Span)>
where
    N: std::str::FromStr<Err: Display>,
{
    let form = format!("`{}({form})`", given.name);
    // A sign is no part of Rust's literals.
    let signed = |input: syn::parse::ParseStream<'_>| {
        let minus: Option<syn::Token![-]> = input.parse()?;
        let literal: LitInt = input.parse()?;
        let sign = if minus.is_some() { "-" } else { "" };
        let number = format!("{sign}{}", literal.base10_digits()).parse::<N>();
        number.map(|number| (number, literal.span())).map_err(|_| syn::Error::new(literal.span(), ""))
    };
    let Some(arguments) = given.arguments.clone().filter(|tokens| !tokens.is_empty()) else {
        errors.at(given.span(), format!("option `{}` needs an argument: {form}", given.name));
        return None;
    };
    let number = signed.parse2(arguments.clone()).ok();
    if number.is_none() {
        let range = std::any::type_name::<N>();
        errors.on(arguments, format!("expected a whole number that fits `{range}`: {form}"));
    }
    number
}

/// `group("name")`: text.
pub(crate) fn one_text(given: &Given, form: &str, errors: &mut Errors) -> Option<LitStr> {
    argument(given, format!("`{}({form})`", given.name), errors)
}

/// `group(name)` or `group("name")`.
pub(crate) fn one_name(given: &Given, errors: &mut Errors) -> Option<(String, Span)> {
    struct Name(String, Span);
    impl Parse for Name {
        fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
            if input.peek(LitStr) {
                let text: LitStr = input.parse()?;
                return Ok(Name(text.value(), text.span()));
            }
            let ident = input.call(Ident::parse_any)?;
            Ok(Name(ident.unraw().to_string(), ident.span()))
        }
    }
    let name = &given.name;
    let Name(text, span) = argument(given, format!("`{name}(\"name\")`"), errors)?;
    if text.is_empty() {
        errors.at(span, format!("a {name} has a name"));
        return None;
    }
    if text.contains(',') || text.trim() != text {
        let cure = "leave commas and the spaces around it away";
        errors.at(span, format!("`--only a,b` names two services, so it could never name this one: {cure}"));
        return None;
    }
    Some((text, span))
}

/// `reply(Cart)`.
pub(crate) fn one_type(given: &Given, errors: &mut Errors) -> Option<Type> {
    argument(given, format!("a type: `{}(Type)`", given.name), errors)
}

/// `crate(path)`.
pub(crate) fn one_path(given: &Given, errors: &mut Errors) -> Option<Path> {
    struct ModPath(Path);
    impl Parse for ModPath {
        fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
            input.call(Path::parse_mod_style).map(ModPath)
        }
    }
    argument(given, "a path: `crate(path::to::matchbus)`", errors).map(|ModPath(path)| path)
}
