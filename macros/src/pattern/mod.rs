//! A pattern as the macros know it.

mod canonical;
mod claim;
mod tokens;
mod value;

pub(crate) use claim::claim_name;
pub(crate) use value::Value;

use proc_macro2::Span;

use crate::attribute::Key;
use crate::errors::Errors;

/// Keys sorted by name in byte order, each once; at least one.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) keys: Vec<Key>,
    /// Where it stands: its group, or its first key.
    pub(crate) span: Span,
    /// `cmd:add,role:cart`
    pub(crate) text: String,
}

impl Pattern {
    /// A key that is given twice is an error, at both places.
    pub(crate) fn new(keys: impl IntoIterator<Item = Key>, span: Span, errors: &mut Errors) -> Self {
        let mut once: Vec<Key> = Vec::new();
        for key in keys {
            match once.iter().find(|known| known.name == key.name) {
                Some(first) => {
                    let text = format!("key `{}` is given twice", key.name);
                    errors.twice(key.span, text, first.span, "first given here");
                }
                None => once.push(key),
            }
        }
        once.sort_by(|a, b| a.name.cmp(&b.name));
        let text = once.iter().map(canonical::pair).collect::<Vec<_>>().join(",");
        Pattern { keys: once, span, text }
    }
}

#[cfg(test)]
mod tests;
