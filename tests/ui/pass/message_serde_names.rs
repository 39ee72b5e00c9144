#![deny(warnings)]
use matchbus::prelude::*;

use matchbus::message::FieldKind;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Names {
    user_id: u32,
    #[serde(rename = "SKU")]
    sku: String,
    #[serde(rename(serialize = "both", deserialize = "both"))]
    other: bool,
    #[serde(skip)]
    skipped: u8,
    #[serde(skip_serializing)]
    secret: u8,
    #[serde(skip_deserializing)]
    computed: u8,
    #[serde(alias = "weight")]
    weight_in_kg: f64,
    list: Vec<u8>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
enum Kind {
    #[default]
    Small,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "flat")]
struct Flat {
    n: u8,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

#[service(role = "flat", n = 1, anything = 2)]
async fn flat(_: Flat) {}

fn main() {
    let fields: Vec<_> = Names::INFO.fields.iter().map(|field| (field.name, field.kind)).collect();
    assert_eq!(
        fields,
        [
            ("userId", FieldKind::Int),
            ("SKU", FieldKind::Str),
            ("both", FieldKind::Bool),
            ("weightInKg", FieldKind::Never),
            ("list", FieldKind::Never),
            ("kind", FieldKind::Unknown),
            ("type", FieldKind::Str),
        ]
    );
    assert!(Flat::INFO.open);
    let written = serde_json::to_value(Names::default()).unwrap();
    assert!(fields.iter().filter(|(name, _)| *name != "type").all(|(name, _)| written.get(name).is_some()));
    let _ = Flat { n: 1, rest: std::collections::BTreeMap::new() };
}
