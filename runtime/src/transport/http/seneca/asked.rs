//! Requests in one of the dialects, and their answers.

use std::time::Duration;

use hyper::header::HeaderValue;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{codes, ids, message, remembered};
use crate::message::json::{Limits, Scan};
use crate::transport::Head;
use crate::transport::http::head::{SENECA_ID, SENECA_ORIGIN};
use crate::transport::http::server::{Failure, Kind};
use crate::transport::http::settings::Answering;

/// Who asks, and what the answer must repeat.
#[derive(Debug)]
pub(in crate::transport::http) enum Asked {
    Plain,
    /// Nobody can tell yet: what tells dialect B is in the body, and the request is refused before that is read.
    Unread,
    A {
        id: HeaderValue,
        origin: Option<HeaderValue>,
    },
    B {
        id: Option<String>,
        sync: bool,
    },
}

/// A Seneca message in matchbus's terms.
#[derive(Debug)]
pub(in crate::transport::http) struct Read {
    pub(in crate::transport::http) message: Vec<u8>,
    pub(in crate::transport::http) head: Head,
    /// The reply if nobody answers, as JSON.
    pub(in crate::transport::http) default: Option<String>,
    pub(in crate::transport::http) sync: bool,
}

impl Asked {
    /// What the headers alone tell.
    pub(in crate::transport::http) fn by_headers(headers: &HeaderMap) -> Self {
        match headers.get(SENECA_ID) {
            Some(id) => Asked::A { id: id.clone(), origin: headers.get(SENECA_ORIGIN).cloned() },
            None => Asked::Plain,
        }
    }

    /// Who asks, as far as the head of a request says it whose body is not known.
    pub(in crate::transport::http) fn without_body(headers: &HeaderMap) -> Self {
        match Asked::by_headers(headers) {
            Asked::Plain => Asked::Unread,
            asked => asked,
        }
    }

    pub(in crate::transport::http) fn of(headers: &HeaderMap, bytes: &[u8], limits: &Limits) -> Self {
        let asked = Asked::by_headers(headers);
        // Nearly all messages that are not of B have no `$` at all.
        if matches!(asked, Asked::A { .. }) || !bytes.contains(&b'$') {
            return asked;
        }
        let is_b = match Scan::read(bytes, limits) {
            Ok(scan) => scan.get("meta$").is_some(),
            // What is no message is still told to a Seneca in a way that it understands as an error.
            Err(_) => bytes.windows(7).any(|window| window == b"\"meta$\""),
        };
        if is_b { Asked::B { id: None, sync: true } } else { Asked::Plain }
    }

    /// What a Seneca client looks at in an answer's head.
    pub(in crate::transport::http) fn mark(&self, headers: &mut HeaderMap) {
        let Asked::A { id, origin } = self else { return };
        headers.insert(SENECA_ID, id.clone());
        if let Some(origin) = origin {
            headers.insert(SENECA_ORIGIN, origin.clone());
        }
        headers.insert("seneca-kind", HeaderValue::from_static("res"));
        if let Ok(accept) = HeaderValue::from_str(ids::instance()) {
            headers.insert("seneca-accept", accept);
        }
    }

    /// A reply in the dialect's form.
    pub(in crate::transport::http) fn wrap(&self, reply: Vec<u8>) -> Vec<u8> {
        let Asked::B { .. } = self else { return reply };
        let (kind, bytes) = (reply.first().copied(), reply.as_slice());
        let mut wrapped = Vec::with_capacity(bytes.len() + 256);
        wrapped.push(b'{');
        let empty = bytes == b"null";
        match kind {
            Some(b'{') => {
                let fields = &bytes[1..bytes.len() - 1];
                wrapped.extend_from_slice(fields);
            }
            _ if empty => {}
            Some(b'[') => {
                wrapped.extend_from_slice(b"\"array$\":");
                wrapped.extend_from_slice(bytes);
            }
            _ => {
                wrapped.extend_from_slice(b"\"value$\":");
                wrapped.extend_from_slice(bytes);
            }
        }
        message::add(&mut wrapped, "meta$", &self.meta(false, empty));
        wrapped.push(b'}');
        wrapped
    }

    /// A failure in the dialect's form; `None` for who does not speak one.
    pub(in crate::transport::http) fn failed(&self, failure: &Failure) -> Option<Vec<u8>> {
        if matches!(self, Asked::Plain) {
            return None;
        }
        let code = match failure.kind {
            Kind::Service => &failure.reply.code,
            Kind::Bus(kind) => codes::of_kind(kind),
        };
        let mut fields = codes::fields(code, &failure.reply.message, &failure.reply.details);
        fields.insert("outcome".into(), failure.outcome.as_str().into());
        fields.insert("retryable".into(), failure.reply.retryable.into());
        match self {
            Asked::B { .. } => drop(fields.insert("meta$".into(), self.meta(true, false))),
            // A client of dialect B sees an error by `meta$` alone and reads the fields beside it; everybody else reads
            // what is under `error`.
            Asked::Unread => {
                fields.insert("meta$".into(), Asked::B { id: None, sync: true }.meta(true, false));
                let Value::Object(plain) = serde_json::from_slice(&failure.to_json()).ok()? else {
                    return None;
                };
                fields.extend(plain);
            }
            _ => {}
        }
        serde_json::to_vec(&fields).ok()
    }

    pub(in crate::transport::http) fn error_status(&self, of_a: StatusCode, failure: &Failure) -> StatusCode {
        match self {
            Asked::A { .. } => of_a,
            Asked::B { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Asked::Plain | Asked::Unread => failure.status,
        }
    }

    fn meta(&self, error: bool, empty: bool) -> Value {
        let Asked::B { id, sync } = self else { return Value::Null };
        let mut meta = json!({
            "version": "0.1.0",
            "seneca": "matchbus",
            "instance": ids::instance(),
            "sync": sync,
            "remote": true,
            "error": error,
            "empty": empty,
        });
        if let (Some(id), Value::Object(meta)) = (id, &mut meta) {
            if let Some((mi, tx)) = id.split_once('/') {
                meta.insert("mi".into(), mi.into());
                meta.insert("tx".into(), tx.into());
            }
            meta.insert("id".into(), id.as_str().into());
        }
        meta
    }
}

/// Takes a request's directives out of its message. `None`: the bytes are no message.
pub(in crate::transport::http) fn read(
    asked: &mut Asked,
    bytes: &[u8],
    mut head: Head,
    limits: &Limits,
    answering: &Answering,
) -> Option<Read> {
    let scan = Scan::read(bytes, limits).ok()?;
    let meta = match message::value(&scan, "meta$") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    let said = |key: &str| match meta.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let mut sync = true;
    let mut id = None;
    match asked {
        Asked::A { id: of_header, origin } => {
            id = of_header.to_str().ok().map(str::to_owned);
            let origin = origin.as_ref().and_then(|origin| origin.to_str().ok());
            head.source = head.source.or(origin.map(Into::into));
            message::context(message::value(&scan, "custom$"), &mut head.context);
        }
        Asked::B { id: kept, sync: asks } => {
            let parts = said("mi").zip(said("tx")).map(|(mi, tx)| format!("{mi}/{tx}"));
            id = said("id").or(parts);
            kept.clone_from(&id);
            sync = meta.get("sync") != Some(&Value::Bool(false));
            *asks = sync;
            head.source = head.source.or(said("instance").map(Into::into));
            message::context(message::value(&scan, "custom$"), &mut head.context);
            message::context(meta.get("custom").cloned(), &mut head.context);
        }
        Asked::Plain | Asked::Unread => {}
    }
    let id = id.or_else(|| match message::value(&scan, "id$") {
        Some(Value::String(id)) => Some(id),
        _ => None,
    });
    if let Some(id) = id {
        head.id = head.id.or(Some(ids::of_seneca(&id)));
        head.trace = head.trace.or(ids::trace_of_seneca(&id));
        head.remember = remembered(&id);
        head.key = head.key.or(Some(id.into()));
    }
    if let Some(timeout) = message::value(&scan, "timeout$").and_then(|timeout| timeout.as_u64()) {
        let timeout = Duration::from_millis(timeout).min(answering.most_budget);
        head.budget = Some(head.budget.map_or(timeout, |budget| budget.min(timeout)));
    }
    let mut bytes = message::open(&scan);
    bytes.push(b'}');
    let default = scan.get("default$").map(|i| scan.raw(i).to_owned());
    Some(Read { message: bytes, head, default, sync })
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: Asked = Asked::B { id: None, sync: true };

    fn wrapped(reply: &str) -> Value {
        let mut value: Value = serde_json::from_slice(&B.wrap(reply.into())).unwrap();
        let meta = value.as_object_mut().unwrap().remove("meta$").unwrap();
        assert_eq!((&meta["error"], &meta["empty"]), (&json!(false), &json!(reply == "null")));
        value
    }

    #[test]
    fn replies_take_the_form_of_dialect_b() {
        assert_eq!(wrapped(r#"{"a":1}"#), json!({"a": 1}));
        assert_eq!(wrapped("{}"), json!({}));
        assert_eq!(wrapped("null"), json!({}));
        assert_eq!(wrapped("[1,2]"), json!({"array$": [1, 2]}));
        assert_eq!(wrapped("3"), json!({"value$": 3}));
        assert_eq!(wrapped(r#""x""#), json!({"value$": "x"}));
    }

    #[test]
    fn only_four_directives_are_obeyed_and_none_is_passed_on() {
        let body = br#"{"role":"a","fatal$":true,"gate$":true,"custom$":{"t":"x","n":[1]},"id$":"i/j","default$":{"d":1},
            "timeout$":99999999,"\u0066atal$":1,"q\"$":2,"q\"":3}"#;
        let body = String::from_utf8(body.to_vec()).unwrap().replace(r#""\u0066atal$":1,"#, "");
        let mut asked = Asked::A { id: HeaderValue::from_static("nzm8zcb3egi3/fykd6obk5ss3"), origin: None };
        let read = super::read(
            &mut asked,
            body.as_bytes(),
            Head::default(),
            &Limits::default(),
            &Answering::default(),
        )
        .unwrap();
        assert_eq!(String::from_utf8(read.message).unwrap(), r#"{"role":"a","q\"":3}"#);
        assert_eq!(read.default.as_deref(), Some(r#"{"d":1}"#));
        assert_eq!(read.head.budget, Some(Duration::from_mins(1)));
        assert_eq!(read.head.id, Some(ids::of_seneca("nzm8zcb3egi3/fykd6obk5ss3")));
        assert_eq!((&*read.head.context["t"], &*read.head.context["n"]), ("x", "[1]"));
    }

    #[test]
    fn odd_meta_data_harms_nobody() {
        for meta in ["1", "null", "[]", r#"{"id":7,"sync":1,"custom":"x","instance":{}}"#, "{}"] {
            let body = format!(r#"{{"a":1,"meta$":{meta}}}"#);
            let mut asked = Asked::of(&HeaderMap::new(), body.as_bytes(), &Limits::default());
            assert!(matches!(asked, Asked::B { .. }));
            let limits = Limits::default();
            let read =
                super::read(&mut asked, body.as_bytes(), Head::default(), &limits, &Answering::default())
                    .unwrap();
            assert_eq!((read.message, read.sync, read.head), (br#"{"a":1}"#.to_vec(), true, Head::default()));
        }
    }
}
