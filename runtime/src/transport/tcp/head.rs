//! The field `mb` of a request: what Seneca's frame has no place for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::text;
use crate::message::json::{Limits, Scan};
use crate::message::{Id, TraceParent};
use crate::pattern::Scalar;
use crate::transport::Head;

/// A budget that can be added to any clock.
const LONGEST: Duration = Duration::from_hours(24);

/// Writes `{…}`.
pub(super) fn write(out: &mut Vec<u8>, head: &Head, send: bool) {
    let mut fields = Fields { out, first: true };
    if let Some(id) = head.id {
        hex(fields.next("id"), id.as_u128());
    }
    if let Some(key) = &head.key {
        text::string(fields.next("key"), key);
    }
    if head.attempt > 0 {
        text::number(fields.next("attempt"), head.attempt.into());
    }
    if let Some(budget) = head.budget {
        // Rounded up: a budget that is not gone must not look as if it were.
        let ms = budget.as_nanos().div_ceil(1_000_000);
        text::number(fields.next("budget"), u64::try_from(ms).unwrap_or(u64::MAX));
    }
    if let Some(trace) = &head.trace {
        text::string(fields.next("trace"), &trace.to_string());
    }
    if let Some(source) = &head.source {
        text::string(fields.next("source"), source);
    }
    if !head.context.is_empty() {
        context(fields.next("context"), &head.context);
    }
    if head.published {
        fields.next("published").extend_from_slice(b"true");
    }
    if !head.groups.is_empty() {
        list(fields.next("groups"), &head.groups);
    }
    if head.hops > 0 {
        text::number(fields.next("hops"), head.hops.into());
    }
    if !head.chain.is_empty() {
        list(fields.next("chain"), &head.chain);
    }
    if send {
        fields.next("send").extend_from_slice(b"true");
    }
    fields.end();
}

/// Writes texts, of which there is at least one.
fn list(out: &mut Vec<u8>, texts: &[Arc<str>]) {
    let mut separator = b'[';
    for one in texts {
        out.push(separator);
        text::string(out, one);
        separator = b',';
    }
    out.push(b']');
}

/// Writes user context as an object of strings.
pub(super) fn context(out: &mut Vec<u8>, context: &BTreeMap<Arc<str>, Arc<str>>) {
    let mut separator = b'{';
    for (key, value) in context {
        out.push(separator);
        text::string(out, key);
        out.push(b':');
        text::string(out, value);
        separator = b',';
    }
    out.push(b'}');
}

struct Fields<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Fields<'_> {
    fn next(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.first { b"{\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn end(self) {
        self.out.extend_from_slice(if self.first { b"{}" } else { b"}" });
    }
}

fn hex(out: &mut Vec<u8>, bits: u128) {
    out.push(b'"');
    for byte in bits.to_be_bytes() {
        for digit in [byte >> 4, byte & 15] {
            out.push(b"0123456789abcdef"[usize::from(digit)]);
        }
    }
    out.push(b'"');
}

/// Reads what [`write`] wrote: the head, and whether it is a send. What does not fit is as if it were not there.
pub(super) fn read(mb: &str) -> (Head, bool) {
    let (mut head, mut send) = (Head::default(), false);
    let Ok(scan) = Scan::read(mb.as_bytes(), &Limits::default()) else { return (head, send) };
    for i in 0..scan.len() {
        match (scan.key(i), scan.scalar(i)) {
            ("id", Scalar::Str(id)) => head.id = u128::from_str_radix(id, 16).ok().map(Id::from_u128),
            ("key", Scalar::Str(key)) => head.key = Some(key.into()),
            ("attempt", Scalar::Int(attempt)) => head.attempt = attempt.try_into().unwrap_or(0),
            ("budget", Scalar::Int(ms)) => head.budget = Some(budget(ms)),
            ("trace", Scalar::Str(trace)) => head.trace = TraceParent::parse(trace),
            ("source", Scalar::Str(source)) => head.source = Some(source.into()),
            ("context", Scalar::Object) => read_context(scan.raw(i), &mut head.context),
            ("published", Scalar::Bool(published)) => head.published = published,
            ("groups", Scalar::List) => head.groups = read_list(scan.raw(i)),
            // Less than none is no number of messages.
            ("hops", Scalar::Int(hops)) => head.hops = u32::try_from(hops.max(0)).unwrap_or(u32::MAX),
            ("chain", Scalar::List) => head.chain = read_list(scan.raw(i)),
            ("send", Scalar::Bool(is)) => send = is,
            _ => {}
        }
    }
    (head, send)
}

fn read_list(list: &str) -> Vec<Arc<str>> {
    let texts: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    texts.into_iter().map(Into::into).collect()
}

/// A budget in milliseconds.
pub(super) fn budget(ms: i64) -> Duration {
    Duration::from_millis(ms.try_into().unwrap_or(0)).min(LONGEST)
}

/// Adds user context. Values that are no strings are kept as their JSON text.
pub(super) fn read_context(object: &str, context: &mut BTreeMap<Arc<str>, Arc<str>>) {
    let Ok(scan) = Scan::read(object.as_bytes(), &Limits::default()) else { return };
    for i in 0..scan.len() {
        let value: Arc<str> = match scan.scalar(i) {
            Scalar::Str(value) => value.into(),
            _ => scan.raw(i).into(),
        };
        context.insert(scan.key(i).into(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back() {
        let mut head = Head { id: Some(Id::from_u128(7)), attempt: 2, published: true, ..Head::default() };
        head.key = Some("order \"9\"\n".into());
        head.budget = Some(Duration::from_millis(1_500));
        head.trace = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        head.source = Some("shop".into());
        head.groups = vec!["mail".into(), "stock \"b\"".into()];
        head.context.insert("tenant".into(), "ä".into());
        (head.hops, head.chain) = (2, vec!["a:1,b:\"".into(), "c:*".into()]);
        let mut text = Vec::new();
        write(&mut text, &head, true);
        assert_eq!(read(str::from_utf8(&text).unwrap()), (head, true));
        text.clear();
        write(&mut text, &Head::default(), false);
        assert_eq!(text, b"{}");
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let (head, _) = read(r#"{"id":7,"budget":-1,"attempt":-3,"hops":-1,"trace":"x","later":{}}"#);
        assert_eq!(head, Head { budget: Some(Duration::ZERO), ..Head::default() });
        assert_eq!(read(r#"{"budget":9000000000000000000}"#).0.budget, Some(LONGEST));
        assert_eq!(read(r#"{"hops":9000000000000000000}"#).0.hops, u32::MAX);
    }
}
