//! What goes beside a message, as headers.

use std::fmt;
use std::io::Write as _;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::super::Head;
use super::{ids, percent};
use crate::message::{Error, TraceParent};

pub(super) const OUTCOME: HeaderName = HeaderName::from_static("matchbus-outcome");
pub(super) const ERROR: HeaderName = HeaderName::from_static("matchbus-error");
/// As other services with idempotency keys have it.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
pub(super) const SENECA_ID: HeaderName = HeaderName::from_static("seneca-id");
pub(super) const SENECA_ORIGIN: HeaderName = HeaderName::from_static("seneca-origin");

const PREFIX: &str = "matchbus-";
const CONTEXT: &str = "matchbus-context-";

/// A `Content-Length`: digits and nothing else, since `+1` and `0x1` are read differently by others.
pub(super) fn length<N: FromStr>(text: &[u8]) -> Option<N> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// Reads the head of a request.
pub(super) fn read(headers: &HeaderMap, most_budget: Duration) -> Result<Head, Error> {
    let mut head = Head::default();
    for (name, value) in headers {
        match name.as_str() {
            "traceparent" => head.trace = value.to_str().ok().and_then(TraceParent::parse),
            "idempotency-key" => head.key = Some(decoded(name, value)?),
            name_of_ours if name_of_ours.starts_with(PREFIX) => {
                read_ours(&mut head, name, value, most_budget)?;
            }
            _ => {}
        }
    }
    Ok(head)
}

fn read_ours(head: &mut Head, name: &HeaderName, value: &HeaderValue, most: Duration) -> Result<(), Error> {
    let text = || value.to_str().unwrap_or_default();
    match name.as_str() {
        "matchbus-id" => {
            head.id = Some(ids::uuid(text()).ok_or_else(|| bad(name, "a UUID such as `uuidgen` makes"))?);
        }
        "matchbus-attempt" => {
            head.attempt = text().parse().map_err(|_| bad(name, "a number, and 0 for the first attempt"))?;
        }
        "matchbus-budget" => {
            let budget = text().parse().map_err(|_| bad(name, "a number of milliseconds"))?;
            head.budget = Some(Duration::from_millis(budget).min(most));
        }
        "matchbus-source" => head.source = Some(decoded(name, value)?),
        "matchbus-published" => {
            head.published = match text() {
                "true" => true,
                "false" => false,
                _ => return Err(bad(name, "`true` or `false`")),
            };
        }
        "matchbus-groups" => {
            head.groups = list(name, text())?;
        }
        "matchbus-hops" => {
            head.hops = text().parse().map_err(|_| bad(name, "a number, and 0 for a message of the edge"))?;
        }
        "matchbus-chain" => head.chain = list(name, text())?,
        "matchbus-below" => head.below = Some(decoded(name, value)?),
        // A later version may have more of them.
        other => {
            if let Some(key) = other.strip_prefix(CONTEXT) {
                let key = percent::decode(key.as_bytes()).ok_or_else(|| bad(name, "well percent-encoded"))?;
                head.context.insert(key.into(), decoded(name, value)?);
            }
        }
    }
    Ok(())
}

fn list(name: &HeaderName, text: &str) -> Result<Vec<Arc<str>>, Error> {
    let one = |part: &str| percent::decode(part.trim().as_bytes()).map(Into::into);
    let all = text.split(',').map(one).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| bad(name, "names with commas between, well percent-encoded"))
}

fn decoded(name: &HeaderName, value: &HeaderValue) -> Result<Arc<str>, Error> {
    let text = percent::decode(value.as_bytes()).ok_or_else(|| bad(name, "well percent-encoded UTF-8"))?;
    Ok(text.into())
}

#[cold]
fn bad(name: &HeaderName, what: &str) -> Error {
    Error::usage(format!("the header `{name}` must be {what}"))
}

/// Writes the head of a request: a line for each field. What could not stand in a line is percent-encoded.
pub(super) fn write(lines: &mut Vec<u8>, head: &Head) {
    if let Some(id) = head.id {
        field(lines, "matchbus-id", id);
    }
    if let Some(key) = &head.key {
        field(lines, "idempotency-key", percent::value(key));
    }
    if head.attempt > 0 {
        field(lines, "matchbus-attempt", head.attempt);
    }
    if let Some(budget) = head.budget {
        field(lines, "matchbus-budget", milliseconds(budget));
    }
    if let Some(trace) = &head.trace {
        field(lines, "traceparent", trace);
    }
    if let Some(source) = &head.source {
        field(lines, "matchbus-source", percent::value(source));
    }
    if head.published {
        field(lines, "matchbus-published", true);
    }
    if !head.groups.is_empty() {
        field(lines, "matchbus-groups", joined(&head.groups));
    }
    if head.hops > 0 {
        field(lines, "matchbus-hops", head.hops);
    }
    if !head.chain.is_empty() {
        field(lines, "matchbus-chain", joined(&head.chain));
    }
    if let Some(below) = &head.below {
        field(lines, "matchbus-below", percent::value(below));
    }
    for (key, value) in &head.context {
        field(lines, &format!("{CONTEXT}{}", percent::name(key)), percent::value(value));
    }
}

/// Writes one line. The value must be visible ASCII: whoever writes what others said encodes it first.
pub(super) fn field(lines: &mut Vec<u8>, name: &str, value: impl fmt::Display) {
    lines.extend_from_slice(name.as_bytes());
    lines.extend_from_slice(b": ");
    // Writing to memory cannot fail.
    let _ = write!(lines, "{value}");
    lines.extend_from_slice(b"\r\n");
}

fn joined(names: &[Arc<str>]) -> String {
    names.iter().map(|name| percent::name(name)).collect::<Vec<_>>().join(",")
}

/// Rounded up: what has some time left must not be said to have none.
fn milliseconds(budget: Duration) -> u64 {
    u64::try_from(budget.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Id;

    fn written(head: &Head) -> HeaderMap {
        let mut lines = Vec::new();
        write(&mut lines, head);
        let lines = String::from_utf8(lines).unwrap();
        let fields = lines.split_terminator("\r\n").map(|line| line.split_once(": ").unwrap());
        let parsed = |(name, value): (&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        fields.map(parsed).collect::<HeaderMap>()
    }

    #[test]
    fn a_head_comes_back_as_it_was() {
        let head = Head {
            id: Some(Id::generate()),
            key: Some("pay 7 %Größe".into()),
            attempt: 3,
            budget: Some(Duration::from_millis(1234)),
            trace: TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            source: Some("cart/1".into()),
            context: [("Tenant Nr".into(), "acme\n1".into()), ("b".into(), "".into())].into(),
            published: true,
            groups: vec!["mail".into(), "Stock, b".into()],
            hops: 2,
            chain: vec!["cmd:add,role:cart".into(), "a:\"*ü\"".into()],
            below: Some("rank(2) a:~\"ü *\",b:%".into()),
            ..Head::default()
        };
        let headers = written(&head);
        assert_eq!(read(&headers, Duration::from_mins(1)).unwrap(), head);
        assert_eq!(read(&headers, Duration::from_secs(1)).unwrap().budget, Some(Duration::from_secs(1)));
        let none = written(&Head::default());
        assert!(none.is_empty());
        assert_eq!(read(&none, Duration::MAX).unwrap(), Head::default());
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_cure() {
        for (name, value) in [
            ("matchbus-id", "7"),
            ("matchbus-attempt", "-1"),
            ("matchbus-hops", "-1"),
            ("matchbus-budget", "5s"),
            ("matchbus-published", "yes"),
            ("matchbus-context-a", "%zz"),
            ("idempotency-key", "%ff"),
            ("matchbus-below", "%ff"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            let error = read(&headers, Duration::MAX).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static("00-0"));
        assert_eq!(read(&headers, Duration::MAX).unwrap(), Head::default());
    }

    #[test]
    fn a_budget_is_never_rounded_down_to_nothing() {
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::ZERO), 0);
    }
}
