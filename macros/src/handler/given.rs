use proc_macro2::{Span, TokenStream};

use super::Options;
use crate::attribute::{Entry, Key, read};
use crate::errors::Errors;

/// What stands in a handler's attribute, sorted by kind and not yet looked at as a whole.
#[derive(Default)]
pub(crate) struct Parsed {
    /// Keys outside of groups.
    pub(crate) keys: Vec<Key>,
    /// Groups, each a pattern together with the keys above.
    pub(crate) groups: Vec<(Span, Vec<Key>)>,
    pub(crate) options: Options,
    /// Whether a part could not be read, so that a key may be missing for that reason.
    pub(crate) is_broken: bool,
}

impl Parsed {
    pub(crate) fn new(arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut parsed = Parsed::default();
        let mut options = Vec::new();
        for entry in read(arguments, errors) {
            match entry {
                Entry::Broken => parsed.is_broken = true,
                Entry::Key(key) => parsed.keys.push(key),
                Entry::Option(given) => options.push(given),
                Entry::Group(span, entries) => {
                    parsed.is_broken |= entries.iter().any(|entry| !matches!(entry, Entry::Key(_)));
                    let keys = entries.into_iter().filter_map(|entry| key_of_group(entry, errors)).collect();
                    parsed.groups.push((span, keys));
                }
            }
        }
        parsed.options = Options::new(&options, errors);
        parsed
    }
}

fn key_of_group(entry: Entry, errors: &mut Errors) -> Option<Key> {
    match entry {
        Entry::Key(key) => return Some(key),
        Entry::Broken => {}
        Entry::Option(given) => errors.at(
            given.span(),
            format!("a group has keys only; `{}` is an option of the whole attribute: write it outside of the group", given.name),
        ),
        Entry::Group(span, _) => errors.at(span, "a group has keys only: write the groups side by side"),
    }
    None
}
