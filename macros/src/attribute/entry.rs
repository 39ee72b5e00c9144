use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Ident, Lit, LitStr, Token, parenthesized, token};

use super::value;
use crate::errors::Errors;
use crate::pattern::Value;

/// One part of an attribute, between two commas.
#[derive(Debug)]
pub(crate) enum Entry {
    /// `key = value`
    Key(Key),
    /// `option` or `option(…)`
    Option(Given),
    /// `(key = value, …)`
    Group(Span, Vec<Entry>),
    /// Something that could not be read, which is an error already.
    Broken,
}

/// `key = value`
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// An option as it was given.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) name: Ident,
    /// What stands in the parentheses, if there are any.
    pub(crate) arguments: Option<TokenStream>,
}

impl Given {
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}

/// Reads what stands in an attribute's parentheses. A part that cannot be read is an error and is left out; the
/// others are read all the same.
pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in parts(tokens, errors) {
        match errors.ok(part_of.parse2(part)) {
            None => entries.push(Entry::Broken),
            Some(Part::Entry(entry)) => entries.push(entry),
            Some(Part::Group(span, inner)) => entries.push(Entry::Group(span, read(inner, errors))),
        }
    }
    entries
}

/// The tokens between commas. syn's `Punctuated` would stop at the first mistake.
fn parts(tokens: TokenStream, errors: &mut Errors) -> Vec<TokenStream> {
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if part.is_empty() {
                    errors.at(punct.span(), "there is nothing before this comma; remove it");
                } else {
                    parts.push(part.drain(..).collect());
                }
            }
            _ => part.push(token),
        }
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}

enum Part {
    Entry(Entry),
    /// Its content is read by itself, so that it can have several errors.
    Group(Span, TokenStream),
}

fn part_of(input: ParseStream<'_>) -> syn::Result<Part> {
    if input.peek(token::Paren) {
        let inner;
        let paren = parenthesized!(inner in input);
        let inner = inner.parse()?;
        end(input, "a group")?;
        return Ok(Part::Group(paren.span.join(), inner));
    }
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        return key(name.value(), name.span(), input);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected `key = value` or an option; a key that is no identifier is written in quotes, as `\"user-id\" = 1`"));
    }
    let name = input.call(Ident::parse_any)?;
    let text = name.unraw().to_string();
    if input.peek(Token![=]) {
        return key(text, name.span(), input);
    }
    if input.peek(Token![:]) || input.peek(Token![.]) || input.peek(Token![-]) || input.peek(Token![::]) {
        let next = input.span();
        // `user-id = 1` and `a.b = 1` are keys that need quotes; `role: "cart"` is a slip.
        let mut name = text.clone();
        while !input.is_empty() && !input.peek(Token![=]) {
            if input.peek(Token![::]) {
                input.parse::<Token![::]>()?;
                name.push_str("::");
            } else if input.peek(Token![:]) {
                break;
            } else if input.peek(LitStr) {
                name.push_str(&input.parse::<LitStr>()?.value());
            } else {
                name.push_str(&input.parse::<TokenTree>()?.to_string());
            }
        }
        let _ = input.parse::<TokenStream>();
        return Err(if name == text {
            syn::Error::new(next, format!("expected `=`: a key and its value are written `{text} = \"…\"`"))
        } else {
            let name = value::quoted(&name);
            syn::Error::new(next, format!("a key that is no identifier is written in quotes: `{name} = …`"))
        });
    }
    let arguments = if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        Some(inner.parse()?)
    } else {
        None
    };
    if arguments.is_none() && !input.is_empty() {
        let span = input.span();
        // Whatever it is, what is shown can be written.
        let ahead = input.fork();
        let is_value = ahead.parse::<Lit>().is_ok() && ahead.is_empty();
        let rest: TokenStream = input.parse()?;
        let rest = if is_value { rest.to_string() } else { "\"…\"".to_owned() };
        return Err(syn::Error::new(
            span,
            format!(
                "expected a comma; a key is written `{text} = {rest}`, an option `{text}` or `{text}(…)`"
            ),
        ));
    }
    end(input, "an option")?;
    Ok(Part::Entry(Entry::Option(Given { name, arguments })))
}

fn key(name: String, span: Span, input: ParseStream<'_>) -> syn::Result<Part> {
    if !input.peek(Token![=]) {
        let error = syn::Error::new(
            span,
            format!("expected `= value` after the key: `{} = …`", value::quoted(&name)),
        );
        input.parse::<TokenStream>()?;
        return Err(error);
    }
    let equals: Token![=] = input.parse()?;
    let value = if input.is_empty() {
        return Err(syn::Error::new(
            equals.span(),
            "a value is missing after `=`: text in quotes, an integer, `true` or `false`",
        ));
    } else {
        value::parse(input)
    };
    let value = value.inspect_err(|_| drop(input.parse::<TokenStream>()))?;
    if name.is_empty() {
        return Err(syn::Error::new(span, "a key has a name"));
    }
    end(input, VALUE)?;
    Ok(Part::Entry(Entry::Key(Key { name, span, value })))
}

const VALUE: &str = "a value";

/// Nothing may follow.
fn end(input: ParseStream<'_>, what: &str) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    let error = if input.peek(Token![|]) {
        input.error(
            "a key has one value; several patterns are written as groups: `(cmd = \"add\"), (cmd = \"put\")`",
        )
    } else if what == VALUE && !input.peek(Ident::peek_any) && !input.peek(Lit) && !input.peek(token::Paren) {
        input.error(value::EXPECTED)
    } else {
        input.error(format!("expected a comma after {what}"))
    };
    input.parse::<TokenStream>()?;
    Err(error)
}
