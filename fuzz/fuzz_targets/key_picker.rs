//! `Scan` beside `serde_json`: both must accept the same texts (keys given twice apart) and see the same in them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use matchbus::message::json::{Limits, Scan};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, collections::BTreeMap, fmt::Debug};

#[path = "../../runtime/tests/json/twice.rs"]
mod twice;

fuzz_target!(|bytes: &[u8]| {
    // Every limit is met by some inputs; whatever happens, nothing may panic.
    let tight = Limits::default().bytes(64).depth(3).keys(5);
    if let Err(refused) = Scan::read(bytes, &tight) {
        assert!(refused.offset() <= bytes.len() && !refused.to_string().is_empty());
    }

    let scan = Scan::read(bytes, &Limits::default().depth(Limits::DEEPEST));
    let oracle = serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    match (scan, oracle) {
        (Err(_), None) => {}
        (Err(refused), Some(_)) if refused.is_duplicate_key() => assert!(twice::twice(bytes), "{refused}"),
        // serde_json takes it, and takes it for something else than it is.
        (Err(refused), Some(_)) if refused.is_reserved_key() => {}
        (Err(refused), Some(_)) if refused.is_too_many_keys() => assert!(bytes.len() > 10_000),
        (Err(refused), Some(_)) => panic!("refused, unlike serde_json: {refused}"),
        (Ok(_), None) => panic!("accepted, unlike serde_json"),
        (Ok(scan), Some(value)) => {
            assert!(!twice::twice(bytes), "a key given twice was accepted");
            assert_eq!(scan.to_value(), value);
            assert_eq!(scan.len(), value.as_object().map_or(0, |object| object.len()));
            for (i, (key, raw)) in scan.iter().enumerate() {
                assert_eq!(scan.get(key), Some(i));
                assert_eq!(serde_json::from_str::<Value>(raw).unwrap(), value[key]);
                assert_eq!(scan.scalar(i), scan.scalar(i));
            }
            same::<Value>(&scan);
            same::<Typed<'_>>(&scan);
            same::<Tagged>(&scan);
            same::<External>(&scan);
            same::<BTreeMap<u64, Value>>(&scan);
            same::<BTreeMap<String, f64>>(&scan);
            same::<BTreeMap<String, i128>>(&scan);
            same::<BTreeMap<String, Vec<i64>>>(&scan);
            same::<BTreeMap<Cow<'_, str>, &RawValue>>(&scan);
        }
    }
});

fn same<'a, T: Deserialize<'a> + Debug>(scan: &Scan<'a>) {
    match (scan.decode::<T>(), serde_json::from_slice::<T>(scan.bytes())) {
        (Ok(a), Ok(b)) => assert_eq!(format!("{a:?}"), format!("{b:?}")),
        (Err(_), Err(_)) => {}
        (a, b) => panic!("{a:?} / {b:?}"),
    }
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Typed<'a> {
    #[serde(borrow, default)]
    a: Cow<'a, str>,
    b: Option<u32>,
    #[serde(borrow)]
    c: Option<&'a RawValue>,
    d: Option<f32>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, Debug)]
#[serde(tag = "a")]
#[allow(dead_code)]
enum Tagged {
    #[serde(rename = "b")]
    B { b: Option<i64> },
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum External {
    A(f64),
    B { a: Option<bool> },
    C(u8, String),
    D,
}
