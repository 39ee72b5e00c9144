#![deny(warnings)]
use matchbus::prelude::*;

use matchbus::pattern::Scalar;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
struct Seen {
    text: String,
    n: i8,
    yes: bool,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<u8>,
    #[serde(with = "hex")]
    hex: u8,
    #[serde(serialize_with = "hex::serialize")]
    also: u8,
    // Functions of traits, whose paths are no plain ones.
    #[serde(serialize_with = "<Hex as Write>::write")]
    of_trait: u8,
    #[serde(skip_serializing_if = "<Hex as Write>::is_zero", default)]
    zero: u8,
    #[serde(serialize_with = "crate::hex::serialize")]
    of_crate: u8,
}

struct Hex;

trait Write {
    fn write<S: serde::Serializer>(n: &u8, to: S) -> Result<S::Ok, S::Error> {
        hex::serialize(n, to)
    }

    fn is_zero(n: &u8) -> bool {
        *n == 0
    }
}

impl Write for Hex {}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Small,
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(n: &u8, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{n:x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
        String::deserialize(from).map(|_| 0)
    }
}

fn main() {
    let seen = Seen { text: "a".into(), n: -1, yes: true, kind: Kind::Small, none: None, hex: 255, also: 16, of_trait: 17, zero: 0, of_crate: 18 };
    let mut all = Vec::new();
    for i in 0..11 {
        seen.key(i, &mut |scalar: Scalar<'_>| all.push(format!("{i} {scalar:?}")));
    }
    assert_eq!(
        all,
        [
            "0 Str(\"a\")",
            "1 Int(-1)",
            "2 Bool(true)",
            "3 Str(\"small\")",
            "5 Str(\"ff\")",
            "6 Str(\"10\")",
            "7 Str(\"11\")",
            "9 Str(\"12\")",
        ]
    );
}
