//! The canonical text of a pattern and its hashes. `matchbus::pattern` writes the same; a test compares them.

use super::Value;
use crate::attribute::Key;

/// `role:cart`
pub(super) fn pair(key: &Key) -> String {
    let name = if is_bare(&key.name) { key.name.clone() } else { json(&key.name) };
    format!("{name}:{}", value(&key.value))
}

fn value(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Text(text) if is_bare(text) && !is_reserved(text) => text.clone(),
        Value::Text(text) => json(text),
        Value::Glob(glob) if glob.chars().all(|c| matches!(c, '*' | '?') || is_bare_char(c)) => glob.clone(),
        Value::Glob(glob) => format!("~{}", json(glob)),
    }
}

fn is_bare_char(c: char) -> bool {
    !matches!(c, ',' | ':' | '"' | '\\' | '*' | '?') && !c.is_whitespace() && !c.is_control()
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_bare_char)
}

/// Text that reads like something else, and so stands in quotes.
pub(super) fn is_reserved(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || is_like_number(text)
}

fn is_like_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.strip_prefix('.').unwrap_or(digits).starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'_' | b'e' | b'E'))
}

/// As `serde_json` writes it.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// FNV-1a, 64 bits.
pub(super) fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
