//! Where in a text a fault is, for people: computed only after something was refused.

use super::string;
use std::fmt::Write as _;

/// Line and column of a byte, both from 1; columns count characters.
pub(super) fn line_and_column(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    let lines = before[..line_start].split(|&b| b == b'\n').count() - 1;
    let characters = before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count();
    (lines + 1, characters + 1)
}

/// A path in a sentence for people: of a long one its two ends. The whole of it stands beside the text.
pub(super) fn shortened(path: &str) -> std::borrow::Cow<'_, str> {
    const END: usize = 32;
    let (Some((head, _)), Some((tail, _))) =
        (path.char_indices().nth(END), path.char_indices().nth_back(END - 1))
    else {
        return path.into();
    };
    if head + '…'.len_utf8() >= tail {
        path.into()
    } else {
        format!("{}…{}", &path[..head], &path[tail..]).into()
    }
}

/// The JSON path of what is at `at`, such as `$.items[3].sku`. The text before `at` must have passed the scan.
pub(super) fn path(text: &str, at: usize) -> String {
    let bytes = text.as_bytes();
    let mut open: Vec<Step<'_>> = Vec::new();
    let (mut i, mut key_next) = (0, false);
    while i < at {
        match bytes[i] {
            b'{' => {
                open.push(Step::Key(None));
                key_next = true;
            }
            b'[' => {
                open.push(Step::Index(0));
                key_next = false;
            }
            b'}' | b']' => {
                open.pop();
                key_next = false;
            }
            b',' => match open.last_mut() {
                Some(Step::Index(n)) => *n += 1,
                Some(Step::Key(key)) => {
                    *key = None;
                    key_next = true;
                }
                None => {}
            },
            b'"' => {
                let Ok((end, _)) = string::end(bytes, i + 1) else { break };
                if end >= at {
                    break;
                }
                if key_next && let Some(Step::Key(key)) = open.last_mut() {
                    *key = Some(&text[i..=end]);
                    key_next = false;
                }
                i = end;
            }
            _ => {}
        }
        i += 1;
    }
    let mut path = String::from("$");
    for step in open {
        match step {
            Step::Key(Some(quoted)) => push_key(&mut path, &string::unescape(quoted)),
            Step::Key(None) => {}
            Step::Index(n) => push_index(&mut path, n),
        }
    }
    path
}

/// The JSON path at which `serde_json` stopped writing. It does not say that itself, and to write once more with a serializer
/// that follows the path would compile each type's `Serialize` a second time; what was written shows it as well.
#[cold]
pub(crate) fn path_of_end(written: &[u8]) -> String {
    let text = std::str::from_utf8(written).unwrap_or_default();
    path(text, text.len())
}

/// As [`path`], for a key whose opening quote is at `at`: the path ends with this key.
pub(super) fn path_of_key(text: &str, at: usize) -> String {
    let mut path = path(text, at);
    if let Ok((end, _)) = string::end(text.as_bytes(), at + 1) {
        push_key(&mut path, &string::unescape(&text[at..=end]));
    }
    path
}

enum Step<'a> {
    /// In an object, at the value of this key (with its quotes), or between pairs.
    Key(Option<&'a str>),
    Index(usize),
}

/// Adds a step to an object's key: `.sku`, or `["unit price"]` where a name has other characters. Long names
/// are cut, since a sender chooses them and the path may go into a log.
pub(super) fn push_key(path: &mut String, key: &str) {
    const LONGEST: usize = 48;
    let plain = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let cut = key.char_indices().nth(LONGEST).map_or(key, |(end, _)| &key[..end]);
    let dots = if cut.len() < key.len() { "…" } else { "" };
    if plain {
        path.push('.');
        path.push_str(cut);
        path.push_str(dots);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(path, "[{:?}]", format_args!("{cut}{dots}").to_string());
    }
}

/// Adds a step to a list's element.
pub(super) fn push_index(path: &mut String, index: usize) {
    let _ = write!(path, "[{index}]");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Serialize, Serializer};

    use super::*;

    struct Fails;

    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it fails"))
        }
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Any {
        Fails(Fails),
        Text(&'static str),
        List(Vec<Any>),
        Map(BTreeMap<&'static str, Any>),
        ListAsKey(BTreeMap<Vec<u8>, u8>),
    }

    fn end(value: &Any) -> String {
        let mut written = Vec::new();
        serde_json::to_writer(&mut written, value).unwrap_err();
        path_of_end(&written)
    }

    fn map<const N: usize>(entries: [(&'static str, Any); N]) -> Any {
        Any::Map(entries.into())
    }

    #[test]
    fn the_place_of_what_cannot_be_written_is_named() {
        let fails = || Any::Fails(Fails);
        assert_eq!(end(&fails()), "$");
        assert_eq!(end(&Any::List(vec![fails()])), "$[0]");
        let before = || Any::List(vec![Any::Text("x,{[\"\\"), map([("a", Any::Text(":"))])]);
        let list = Any::List(vec![before(), Any::Text(","), map([("c", fails())])]);
        assert_eq!(end(&map([("a", before()), ("b", list)])), "$.b[2].c");
        assert_eq!(end(&map([("a \"b\\", fails())])), r#"$["a \"b\\"]"#);
        let key = || Any::ListAsKey([(vec![1], 1)].into());
        assert_eq!(end(&key()), "$");
        assert_eq!(end(&map([("a", Any::Text("")), ("b", key())])), "$.b");
    }
}
