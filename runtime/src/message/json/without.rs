//! Takes keys out of a message that is written already.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Takes these keys out of the object that begins at `start`; all else stays, in its order.
///
/// A flattened map that was read from a message has all keys that are no fields, those of the type's pattern too, and
/// writes them again. They are written before the fields, so they are taken out of those (rule M7: each key once).
pub(crate) fn without_keys<'k>(
    out: &mut Vec<u8>,
    start: usize,
    keys: &(impl Iterator<Item = &'k str> + Clone),
) {
    // What is no object is refused where it is read, with what is wrong and where.
    let Some(Ok(Pairs(pairs))) = out.get(start..).map(serde_json::from_slice) else { return };
    let is_out = |name: &str| keys.clone().any(|key| key == name);
    if !pairs.iter().any(|(name, _)| is_out(name)) {
        return;
    }
    let mut left = Vec::with_capacity(out.len() - start);
    left.push(b'{');
    for (name, value) in pairs.iter().filter(|(name, _)| !is_out(name)) {
        if left.len() > 1 {
            left.push(b',');
        }
        if serde_json::to_writer(&mut left, name).is_err() {
            return;
        }
        left.push(b':');
        left.extend_from_slice(value.get().as_bytes());
    }
    left.push(b'}');
    out.truncate(start);
    out.append(&mut left);
}

/// The keys of an object with their values as they are written, also those that are there twice.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        from.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::without_keys;

    fn left(text: &str, keys: &[&str]) -> String {
        let mut out = format!("before{text}").into_bytes();
        without_keys(&mut out, 6, &keys.iter().copied());
        String::from_utf8(out).unwrap().split_off(6)
    }

    #[test]
    fn only_these_keys_go_and_only_at_the_top() {
        let text = r#"{"b":{"a":1.50,"b":[]},"\u0061":2,"c\"":"x","a":null}"#;
        assert_eq!(left(text, &["a"]), r#"{"b":{"a":1.50,"b":[]},"c\"":"x"}"#);
        assert_eq!(left(text, &["b", "c\"", "a"]), "{}");
        assert_eq!(left(text, &["x"]), text);
        assert_eq!(left("[1]", &["a"]), "[1]");
        assert_eq!(left("{}", &["a"]), "{}");
    }
}
