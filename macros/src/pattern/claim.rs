use std::fmt::Write;

use super::canonical::{fnv1a, is_reserved};
use super::{Pattern, Value};

/// An identifier that says the pattern in words and is different for different patterns:
/// `service_where_cmd_is_add_and_role_is_cart`.
///
/// ASCII letters and digits stand for themselves. Anything else becomes `_`, and a hash of the canonical text
/// follows after `__`, which a name without a hash never has.
pub(crate) fn claim_name(kind: &str, group: Option<&str>, pattern: &Pattern) -> String {
    let mut name = String::from(kind);
    let mut plain = true;
    let mut word = |name: &mut String, text: &str| {
        plain &= !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        name.extend(text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
    };
    if let Some(group) = group {
        name.push_str("_of_");
        word(&mut name, group);
    }
    for (i, key) in pattern.keys.iter().enumerate() {
        name.push_str(if i == 0 { "_where_" } else { "_and_" });
        word(&mut name, &key.name);
        name.push_str("_is_");
        match &key.value {
            // Digits in quotes are not the number.
            Value::Text(text) if !is_reserved(text) => word(&mut name, text),
            Value::Text(text) | Value::Glob(text) => {
                word(&mut name, text);
                word(&mut name, "");
            }
            Value::Int(n) => word(&mut name, &n.to_string()),
            Value::Bool(b) => word(&mut name, if *b { "true" } else { "false" }),
        }
    }
    if !plain {
        let all = format!("{}\n{}", group.unwrap_or_default(), pattern.text);
        let _ = write!(name, "__{:016x}", fnv1a(&all));
    }
    name
}
