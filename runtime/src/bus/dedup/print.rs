//! What a message says, as one number.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use serde_json::Value;

use crate::message::json::Scan;
use crate::sort::sort_by;

/// The number of a message and its user context: both decide what a handler answers. In what order an object's keys are
/// written makes no difference.
///
/// Who finds two messages of one number can mislead itself, or be told what is answered to a message that it knows anyway, key
/// and user context included, and could have sent: they are compared where the keys are equal already.
pub(super) fn of(scan: &Scan<'_>, contexts: &BTreeMap<&str, &str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    value(&scan.to_value(), &mut hasher);
    contexts.hash(&mut hasher);
    hasher.finish()
}

fn value(of: &Value, hasher: &mut DefaultHasher) {
    match of {
        Value::Null => hasher.write_u8(0),
        Value::Bool(is) => (1_u8, is).hash(hasher),
        Value::Number(number) => (2_u8, number.to_string()).hash(hasher),
        Value::String(text) => (3_u8, text).hash(hasher),
        Value::Array(list) => {
            (4_u8, list.len()).hash(hasher);
            for one in list {
                value(one, hasher);
            }
        }
        Value::Object(map) => {
            (5_u8, map.len()).hash(hasher);
            // A feature of serde_json's keeps them in the order of the text.
            let mut sorted: Vec<(&String, &Value)> = map.iter().collect();
            sort_by(&mut sorted, |a, b| a.0.cmp(b.0));
            for (key, one) in sorted {
                key.hash(hasher);
                value(one, hasher);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::json::Limits;

    fn print(json: &str, contexts: &[(&'static str, &'static str)]) -> u64 {
        let scan = Scan::read(json.as_bytes(), &Limits::default()).unwrap();
        of(&scan, &contexts.iter().copied().collect())
    }

    #[test]
    fn the_same_message_has_one_number_and_another_has_another() {
        let one = print(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#, &[]);
        assert_eq!(one, print(r#" {"b": {"d":"\u0078", "c":[1, 2]}, "a":1}"#, &[]));
        for other in [
            r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#,
            r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#,
            r#"{"a":1,"b":{"c":[1,2],"d":"x"},"e":null}"#,
            r#"{"a":1,"b":{"c":[1,2]},"d":"x"}"#,
        ] {
            assert_ne!(one, print(other, &[]), "{other}");
        }
        assert_ne!(print("{}", &[("tenant", "a")]), print("{}", &[("tenant", "b")]));
    }
}
