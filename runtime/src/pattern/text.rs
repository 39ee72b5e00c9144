//! Canonical text, out and in; the module documentation of `pattern` is the contract.

use std::fmt::{self, Write};

use super::{PatternError, Value, ValueRef};

pub(super) fn write_name(out: &mut impl Write, name: &str) -> fmt::Result {
    if is_bare(name) { out.write_str(name) } else { write_json(out, name) }
}

pub(super) fn write_value(out: &mut impl Write, value: ValueRef<'_>) -> fmt::Result {
    match value {
        ValueRef::Int(n) => write!(out, "{n}"),
        ValueRef::Bool(b) => write!(out, "{b}"),
        ValueRef::Str(s) if is_bare(s) && !is_reserved(s) => out.write_str(s),
        ValueRef::Str(s) => write_json(out, s),
        ValueRef::Glob(s) if s.chars().all(|c| matches!(c, '*' | '?') || is_bare_char(c)) => out.write_str(s),
        ValueRef::Glob(s) => {
            out.write_char('~')?;
            write_json(out, s)
        }
    }
}

/// The pairs of a text, in its order, with the place of each for errors.
pub(super) fn parse(text: &str) -> Result<Vec<(Box<str>, Value, String)>, PatternError> {
    let mut reader = Reader { text, at: 0 };
    let mut pairs = Vec::new();
    reader.space();
    while !reader.rest().is_empty() {
        let start = reader.at;
        let name = match reader.token()? {
            Token::Quoted(name) => name,
            Token::Bare(name) => name.into(),
            Token::QuotedGlob(_) => {
                return Err(reader.error(start, "a name is a glob", "names are literal: leave out the `~`"));
            }
        };
        if !reader.eat(':') {
            return Err(reader.error(
                start,
                &format!("the key `{name}` has no value"),
                "write `name:value`, and quote names with special characters",
            ));
        }
        let start = reader.at;
        let value = match reader.token()? {
            Token::Quoted(text) => Value::text(text),
            Token::QuotedGlob(source) => Value::from(&*source),
            Token::Bare(text) => bare_value(text).map_err(|(what, cure)| reader.error(start, &what, cure))?,
        };
        pairs.push((name, value, reader.place(start)));
        if reader.rest().is_empty() {
            break;
        }
        let comma = reader.at;
        if !reader.eat(',') {
            return Err(reader.error(comma, "there is more after a value", "put `,` between pairs"));
        }
        if reader.rest().is_empty() {
            return Err(reader.error(comma, "nothing comes after a `,`", "leave out the last `,`"));
        }
    }
    Ok(pairs)
}

fn bare_value(text: &str) -> Result<Value, (String, &'static str)> {
    match text {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        "null" => {
            return Err((
                "`null` is not a value".into(),
                "leave the key out, or write \"null\" for the text",
            ));
        }
        _ => {}
    }
    if is_like_number(text) {
        let canonical = text.parse::<i64>().ok().filter(|n| n.to_string() == text);
        let cure = "write an integer of 64 bits without `+` or leading zeros, or quote the text";
        return canonical.map(Value::Int).ok_or_else(|| (format!("`{text}` is not an integer"), cure));
    }
    Ok(Value::from(text))
}

fn is_bare_char(c: char) -> bool {
    !matches!(c, ',' | ':' | '"' | '\\' | '*' | '?') && !c.is_whitespace() && !c.is_control()
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_bare_char)
}

fn is_reserved(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || is_like_number(text)
}

fn is_like_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.strip_prefix('.').unwrap_or(digits).starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'_' | b'e' | b'E'))
}

fn write_json(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

enum Token<'a> {
    Bare(&'a str),
    Quoted(Box<str>),
    QuotedGlob(Box<str>),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        let yes = self.rest().starts_with(c);
        if yes {
            self.at += c.len_utf8();
            self.space();
        }
        yes
    }

    /// One name or value, and the space after it.
    fn token(&mut self) -> Result<Token<'a>, PatternError> {
        let start = self.at;
        let rest = self.rest();
        let token = if rest.starts_with("~\"") {
            self.at += 1;
            Token::QuotedGlob(self.string()?)
        } else if rest.starts_with('"') {
            Token::Quoted(self.string()?)
        } else {
            let end = rest.find(|c| !(is_bare_char(c) || matches!(c, '*' | '?'))).unwrap_or(rest.len());
            if end == 0 {
                let what = match rest.chars().next() {
                    Some(c) => format!("`{}` stands where a name or value should", c.escape_default()),
                    None => "a value is missing".into(),
                };
                return Err(self.error(
                    start,
                    &what,
                    "put special characters and empty texts in double quotes",
                ));
            }
            self.at += end;
            Token::Bare(&rest[..end])
        };
        self.space();
        Ok(token)
    }

    fn string(&mut self) -> Result<Box<str>, PatternError> {
        let start = self.at;
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        match values.next() {
            Some(Ok(text)) => {
                self.at += values.byte_offset();
                Ok(text.into())
            }
            _ => Err(self.error(
                start,
                "a quoted text is not a JSON string",
                "end it with `\"` and check its escapes",
            )),
        }
    }

    fn place(&self, at: usize) -> String {
        format!("`{}`, column {}", self.text.escape_debug(), self.text[..at].chars().count() + 1)
    }

    fn error(&self, at: usize, what: &str, cure: &'static str) -> PatternError {
        PatternError::new(what, self.place(at), cure)
    }
}
