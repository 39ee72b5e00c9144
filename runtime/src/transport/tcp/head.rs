//! The field `mb` of a request: what Seneca's frame has no place for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::text;
use crate::message::json::{Limits, Scan};
use crate::message::{Id, TraceParent, hex};
use crate::pattern::Scalar;
use crate::transport::Head;

/// A budget that can be added to any clock.
const LONGEST: Duration = Duration::from_hours(24);

/// Writes `{…}`.
pub(super) fn write(out: &mut Vec<u8>, head: &Head, send: bool) {
    let mut fields = Fields { out, first: true };
    if let Some(id) = head.id {
        let out = fields.next("id");
        out.push(b'"');
        out.extend_from_slice(&hex::<32>(id.as_u128()));
        out.push(b'"');
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
    if let Some(trace) = head.trace.filter(|trace| head.id.map(TraceParent::of_first) != Some(*trace)) {
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
    if let Some(below) = &head.below {
        text::string(fields.next("below"), below);
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

/// Reads what [`write`] wrote: the head, and whether it is a send. What does not fit is as if it were not there.
pub(super) fn read(mb: &str) -> (Head, bool) {
    if let Some(head) = read_usual(mb.as_bytes()) {
        return (head, false);
    }
    let (mut head, mut send) = (Head::default(), false);
    let mut scan = Scan::empty();
    if scan.fill(mb.as_bytes(), &Limits::default()).is_err() {
        return (head, send);
    }
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
            ("below", Scalar::Str(below)) => head.below = Some(below.into()),
            ("send", Scalar::Bool(is)) => send = is,
            _ => {}
        }
    }
    (head, send)
}

/// A head as most are: an id and a budget, as [`write`] writes them.
fn read_usual(mb: &[u8]) -> Option<Head> {
    let (id, rest) = mb.strip_prefix(b"{\"id\":\"")?.split_at_checked(32)?;
    let ms = rest.strip_prefix(b"\",\"budget\":")?.strip_suffix(b"}")?;
    // More digits are more than the longest budget; JSON has no zeros before others.
    if ms.is_empty() || ms.len() > 12 || (ms[0] == b'0' && ms.len() > 1) {
        return None;
    }
    let ms = ms
        .iter()
        .try_fold(0, |ms, digit| digit.is_ascii_digit().then(|| ms * 10 + i64::from(digit - b'0')))?;
    let (high, low) = (half(&id[..16])?, half(&id[16..])?);
    let id = Id::from_u128((u128::from(high) << 64) | u128::from(low));
    Some(Head { id: Some(id), budget: Some(budget(ms)), ..Head::default() })
}

/// Half of an id: digits as [`write`] writes them, into a number that is as wide as a register. What is no digit is seen
/// at the end, so that there is no branch for each.
fn half(digits: &[u8]) -> Option<u64> {
    let (number, all) = digits.iter().fold((0, 0), |(number, all), digit| {
        let value = DIGITS[usize::from(*digit)];
        ((number << 4) | u64::from(value), all | value)
    });
    (all < 16).then_some(number)
}

/// What each byte is worth as a hexadecimal digit; more than fifteen if it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([0x80; 256], 0);
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

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
        head.below = Some("overrides a:\"}\",b:ü".into());
        let mut text = Vec::new();
        write(&mut text, &head, true);
        assert_eq!(read(str::from_utf8(&text).unwrap()), (head, true));
        text.clear();
        write(&mut text, &Head::default(), false);
        assert_eq!(text, b"{}");
    }

    #[test]
    fn the_usual_head_is_read_as_any_other() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        for ms in [0, 1, 5_000, 999_999_999_999_i64] {
            let text = format!("{{\"id\":\"{id}\",\"budget\":{ms}}}");
            let usual = read_usual(text.as_bytes()).unwrap();
            assert_eq!(usual.id.map(Id::as_u128), u128::from_str_radix(id, 16).ok());
            // A space more, and it is none of ours.
            assert_eq!(read(&text.replacen('{', "{ ", 1)), (usual, false));
        }
        for other in ["7,\"send\":true", "007", "", "-1", "1e3", "9999999999999"] {
            let text = format!("{{\"id\":\"{id}\",\"budget\":{other}}}");
            assert!(read_usual(text.as_bytes()).is_none(), "{text}");
        }
        assert!(
            read_usual(format!("{{\"id\":\"{}\",\"budget\":1}}", id.to_uppercase()).as_bytes()).is_none()
        );
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let (head, _) = read(r#"{"id":7,"budget":-1,"attempt":-3,"hops":-1,"trace":"x","later":{}}"#);
        assert_eq!(head, Head { budget: Some(Duration::ZERO), ..Head::default() });
        assert_eq!(read(r#"{"budget":9000000000000000000}"#).0.budget, Some(LONGEST));
        assert_eq!(read(r#"{"hops":9000000000000000000}"#).0.hops, u32::MAX);
    }
}
