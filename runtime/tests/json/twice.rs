//! The one thing in which `serde_json` is no judge of a message: it accepts a key given twice. Shared with the fuzz targets.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Whether some object in valid JSON has a key twice.
pub(crate) fn twice(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Twice>(bytes).unwrap().0
}

struct Twice(bool);

impl<'de> Deserialize<'de> for Twice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TwiceVisitor)
    }
}

struct TwiceVisitor;

impl<'de> Visitor<'de> for TwiceVisitor {
    type Value = Twice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_str<E>(self, _: &str) -> Result<Twice, E> {
        Ok(Twice(false))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Twice, A::Error> {
        let mut twice = false;
        while let Some(element) = list.next_element::<Twice>()? {
            twice |= element.0;
        }
        Ok(Twice(twice))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Twice, A::Error> {
        let (mut keys, mut twice) = (BTreeSet::new(), false);
        while let Some((key, value)) = map.next_entry::<String, Twice>()? {
            twice |= value.0 | !keys.insert(key);
        }
        Ok(Twice(twice))
    }
}
