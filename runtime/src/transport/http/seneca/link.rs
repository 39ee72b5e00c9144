//! Requests to a Seneca server, and its answers.

use serde_json::{Map, Value, json};

use super::{codes, ids, message};
use crate::message::json::{Limits, Scan};
use crate::message::{CallError, Error, ErrorReply, Id};
use crate::transport::Head;
use crate::transport::http::head::{SENECA_ID, SENECA_ORIGIN, field};
use crate::transport::http::settings::Dialect;

/// Answers are bounded in bytes where they are read.
const LIMITS: Limits = Limits::new().bytes(Limits::LARGEST).depth(Limits::DEEPEST).keys(usize::MAX);

/// The body of a request, and the lines of its head.
pub(in crate::transport::http) fn request(
    dialect: Dialect,
    bytes: &[u8],
    head: &Head,
    sync: bool,
    lines: &mut Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let scan = Scan::read(bytes, &LIMITS).map_err(Error::malformed)?;
    let mut body = message::open(&scan);
    let (mi, tx) = ids::to_seneca(head.id.unwrap_or_else(Id::generate), head.trace);
    let (mi, tx) = (ids::text(mi), ids::text(tx));
    let (id, custom) = (format!("{mi}/{tx}"), message::custom(&head.context));
    if dialect == Dialect::A {
        message::add(&mut body, "custom$", &custom);
        let instance = ids::instance();
        // Ids are made of letters, digits and a few signs.
        field(lines, "seneca-kind", "req");
        field(lines, SENECA_ID.as_str(), id);
        field(lines, SENECA_ORIGIN.as_str(), instance);
        field(lines, "seneca-track", format_args!("[\"{instance}\"]"));
    } else {
        let meta = json!({
            "id": id, "mi": mi, "tx": tx,
            "version": "0.1.0", "seneca": "matchbus", "tag": "-",
            "instance": ids::instance(),
            "sync": sync, "custom": custom,
            "parents": [], "trace": [],
        });
        message::add(&mut body, "meta$", &meta);
    }
    body.push(b'}');
    Ok(body)
}

/// What an answer in dialect A means; `None` if it is no answer of a Seneca.
pub(in crate::transport::http) fn reply_of_a(
    status: u16,
    body: Vec<u8>,
) -> Option<Result<Vec<u8>, CallError<ErrorReply>>> {
    if status == 200 {
        if body.is_empty() {
            return Some(Ok(b"null".to_vec()));
        }
        return is_json(&body).then_some(Ok(body));
    }
    let fields: Map<String, Value> = serde_json::from_slice(&body).ok()?;
    fields.contains_key("message").then(|| Err(codes::read(fields, status)))
}

/// What an answer in dialect B means; `None` if it is no answer of a Seneca. The status says nothing.
pub(in crate::transport::http) fn reply_of_b(
    status: u16,
    body: Vec<u8>,
) -> Option<Result<Vec<u8>, CallError<ErrorReply>>> {
    let Ok(scan) = Scan::read(&body, &LIMITS) else {
        // A list may come bare.
        return (status == 200 && is_json(&body)).then_some(Ok(body));
    };
    let Some(Value::Object(meta)) = message::value(&scan, "meta$") else {
        return (status == 200).then_some(Ok(body));
    };
    let is = |key: &str| meta.get(key) == Some(&Value::Bool(true));
    if is("error") {
        let Value::Object(fields) = scan.to_value() else { return None };
        return Some(Err(codes::read(fields, status)));
    }
    if is("empty") {
        return Some(Ok(b"null".to_vec()));
    }
    for bare in ["array$", "value$"] {
        if let Some(i) = scan.get(bare) {
            return Some(Ok(scan.raw(i).as_bytes().to_vec()));
        }
    }
    Some(Ok(without_meta(&scan)))
}

/// The reply itself: of the keys that end in `$`, only `meta$` is the dialect's (an entity has `entity$`).
fn without_meta(scan: &Scan<'_>) -> Vec<u8> {
    let mut bytes = vec![b'{'];
    for (key, raw) in scan.iter().filter(|(key, _)| *key != "meta$") {
        if bytes.len() > 1 {
            bytes.push(b',');
        }
        // Writing text to memory cannot fail.
        let _ = serde_json::to_writer(&mut bytes, key);
        bytes.push(b':');
        bytes.extend_from_slice(raw.as_bytes());
    }
    bytes.push(b'}');
    bytes
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Outcome;

    fn b(body: &str) -> Result<Value, CallError<ErrorReply>> {
        reply_of_b(200, body.into()).unwrap().map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn answers_of_dialect_b_are_read_as_seneca_reads_them() {
        assert_eq!(b(r#"{"ok":1}"#).unwrap(), json!({"ok": 1}));
        assert_eq!(b(r#"{"answer":3,"meta$":{"error":false,"empty":null}}"#).unwrap(), json!({"answer": 3}));
        assert_eq!(b(r#"{"array$":[1,{"b":2}],"meta$":{}}"#).unwrap(), json!([1, {"b": 2}]));
        assert_eq!(b("[1,2]").unwrap(), json!([1, 2]));
        assert_eq!(b(r#"{"meta$":{"empty":true}}"#).unwrap(), Value::Null);
        assert_eq!(b(r#"{"entity$":"-/-/foo","id":"i1","meta$":{}}"#).unwrap()["entity$"], "-/-/foo");
        let error = b(
            r#"{"stack":"at /srv/x.js","message":"m","code":"E42","detail":{"a":1},"meta$":{"error":true}}"#,
        );
        let CallError::App(reply) = error.unwrap_err() else { panic!() };
        assert_eq!((&*reply.code, &*reply.message, reply.status), ("E42", "m", 500));
        assert_eq!(reply.details, json!({"detail": {"a": 1}}));
    }

    #[test]
    fn answers_of_dialect_a_are_read_as_seneca_means_them() {
        let ok = |status, body: &str| reply_of_a(status, body.into());
        assert_eq!(ok(200, "null").unwrap().unwrap(), b"null");
        assert_eq!(ok(200, "").unwrap().unwrap(), b"null");
        assert!(ok(200, "<html>").is_none() && ok(502, "<html>").is_none());
        let body =
            r#"{"eraro":true,"code":"act_not_found","seneca":true,"message":"none","callpoint":"at x.js"}"#;
        let CallError::Bus(error) = ok(500, body).unwrap().unwrap_err() else { panic!() };
        assert!(error.is_no_handler() && error.outcome() == Outcome::Unknown);
        let body = r#"{"code":"E1","message":"m","details":{"errline":"at /srv/x.js:1","x":1},"callpoint":"at x.js"}"#;
        let CallError::App(reply) = ok(299, body).unwrap().unwrap_err() else { panic!() };
        assert!(!reply.details.to_string().contains(".js"), "{}", reply.details);
        assert_eq!(reply.details["details"]["x"], 1);
    }

    #[test]
    fn requests_have_no_directives_of_the_message() {
        let head = Head { context: [("t".into(), "x".into())].into(), ..Head::default() };
        let message = br#"{"a":1,"fatal$":true,"custom$":{"evil":1},"meta$":2}"#;
        let mut lines = Vec::new();
        let body = request(Dialect::A, message, &head, true, &mut lines).unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), r#"{"a":1,"custom$":{"t":"x"}}"#);
        let lines = String::from_utf8(lines).unwrap();
        assert!(lines.contains("\r\nseneca-id: ") && lines.contains("\r\nseneca-origin: "), "{lines}");
        let body = request(Dialect::B, message, &head, false, &mut Vec::new()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["meta$"]["custom"], json!({"t": "x"}));
        assert_eq!(body["meta$"]["sync"], false);
        assert_eq!(body.as_object().unwrap().len(), 2);
    }
}
