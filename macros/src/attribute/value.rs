use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Lit, LitInt, LitStr, Token};

use crate::pattern::Value;

/// A pattern's value. Expressions are refused: the pattern is compared while compiling, by the macro itself.
pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(Token![-]) {
        let minus: Token![-] = input.parse()?;
        return match input.parse::<Lit>() {
            Ok(Lit::Int(literal)) => integer(&literal, true),
            Ok(Lit::Float(literal)) => Err(float(literal.span())),
            _ => Err(syn::Error::new(minus.span, "expected an integer after `-`")),
        };
    }
    if input.peek(Lit) {
        let literal: Lit = input.parse()?;
        if !literal.suffix().is_empty() && !matches!(literal, Lit::Int(_) | Lit::Float(_)) {
            return Err(syn::Error::new(literal.span(), "a value has no suffix"));
        }
        return match &literal {
            Lit::Str(text) => Ok(Value::from_text(&text.value())),
            Lit::Int(literal) => integer(literal, false),
            Lit::Bool(literal) => Ok(Value::Bool(literal.value)),
            Lit::Float(_) => Err(float(literal.span())),
            Lit::Char(c) => Err(syn::Error::new(
                c.span(),
                format!("a character is no JSON value; write the text `{}`", quoted(&literally(c.value()))),
            )),
            Lit::ByteStr(_) | Lit::Byte(_) | Lit::CStr(_) => {
                Err(syn::Error::new(literal.span(), "bytes are no JSON value; write text in quotes"))
            }
            _ => Err(syn::Error::new(literal.span(), EXPECTED)),
        };
    }
    if input.peek(Ident::peek_any) {
        let ident = input.call(Ident::parse_any)?;
        if ident == "null" {
            return Err(syn::Error::new(
                ident.span(),
                "`null` is no value of a pattern; `\"*\"` means that the key is present",
            ));
        }
        if input.is_empty() {
            let text = quoted(&ident.unraw().to_string());
            return Err(syn::Error::new(
                ident.span(),
                format!("a value is a literal; did you mean the text `{text}`?"),
            ));
        }
        return Err(syn::Error::new(ident.span(), EXPECTED));
    }
    let span = input.span();
    input.parse::<TokenStream>()?;
    Err(syn::Error::new(span, EXPECTED))
}

pub(super) const EXPECTED: &str = "a value is a literal: text in quotes, an integer, `true` or `false`; patterns are compared while \
                        compiling, so an expression cannot be one";

fn float(span: proc_macro2::Span) -> syn::Error {
    syn::Error::new(
        span,
        "a floating-point number is no value of a pattern, since equal numbers have several texts; use text or an integer",
    )
}

fn integer(literal: &LitInt, negative: bool) -> syn::Result<Value> {
    if !literal.suffix().is_empty() {
        let digits = literal.base10_digits();
        return Err(syn::Error::new(literal.span(), format!("a value has no suffix; write `{digits}`")));
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{}", literal.base10_digits()).parse().map(Value::Int).map_err(|_| {
        syn::Error::new(literal.span(), "the integer does not fit 64 bits with a sign; use text")
    })
}

/// The character as text that means just it, and is no glob.
fn literally(c: char) -> String {
    match c {
        '*' => "**".to_owned(),
        '?' => "*?".to_owned(),
        c => c.to_string(),
    }
}

/// As a literal of Rust.
pub(super) fn quoted(text: &str) -> String {
    LitStr::new(text, proc_macro2::Span::call_site()).token().to_string()
}
