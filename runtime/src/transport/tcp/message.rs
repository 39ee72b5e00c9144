//! The message inside a request, without the directives of Seneca's that it may have.

use std::time::Duration;

use super::request::Request;
use super::{head, text};
use crate::message::json::{Limits, Scan};
use crate::pattern::Scalar;
use crate::transport::Head;
use crate::transport::seneca::{self, ids};

/// A request's message and what goes with it.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) message: Vec<u8>,
    pub(super) head: Head,
    /// Answer when it was taken in.
    pub(super) send: bool,
    /// What to answer where nobody answers.
    pub(super) default: Option<Vec<u8>>,
}

impl Incoming {
    /// Of a request with an `act`.
    pub(super) fn of(request: &Request<'_>, act: &[u8], limits: &Limits, longest_budget: Duration) -> Self {
        let (head, send) = match request.mb {
            Some(mb) => head::read(mb),
            None => (of_seneca(request), false),
        };
        let mut incoming = Incoming { message: Vec::new(), head, send, default: None };
        // A key can also hide its `$` behind an escape.
        if memchr::memchr2(b'$', b'\\', act).is_some() {
            incoming.take_directives(act, limits, longest_budget);
        } else {
            incoming.message = act.to_vec();
        }
        incoming
    }

    fn take_directives(&mut self, act: &[u8], limits: &Limits, longest_budget: Duration) {
        let scan = match Scan::read(act, limits) {
            Ok(scan) if scan.iter().any(|(key, _)| key.ends_with('$')) => scan,
            // The router will say what is wrong.
            _ => return self.message = act.to_vec(),
        };
        for i in 0..scan.len() {
            if scan.key(i).ends_with('$') {
                self.directive(scan.key(i), scan.scalar(i), scan.raw(i), longest_budget);
            }
        }
        self.message = cleaned(&scan);
    }

    /// All others are dropped: `fatal$`, for one, would end a Seneca.
    fn directive(&mut self, key: &str, scalar: Scalar<'_>, raw: &str, longest_budget: Duration) {
        match (key, scalar) {
            ("custom$", Scalar::Object) => {
                // What came in `mb` is not overwritten.
                let known = std::mem::take(&mut self.head.context);
                head::read_context(raw, &mut self.head.context);
                self.head.context.extend(known);
            }
            ("id$", Scalar::Str(id)) if self.head.key.is_none() => self.head.key = Some(id.into()),
            ("timeout$", Scalar::Int(ms)) if self.head.budget.is_none() => {
                self.head.budget = Some(head::budget(ms).min(longest_budget));
            }
            ("default$", Scalar::Object | Scalar::List | Scalar::Null) => {
                self.default = Some(raw.as_bytes().to_vec());
            }
            _ => {}
        }
    }
}

/// A message without its directives; `None` if it is no message, or has none.
pub(super) fn without_directives(message: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default().bytes(Limits::LARGEST).depth(Limits::DEEPEST).keys(usize::MAX);
    let scan = Scan::read(message, &limits).ok()?;
    scan.iter().any(|(key, _)| key.ends_with('$')).then(|| cleaned(&scan))
}

fn cleaned(scan: &Scan<'_>) -> Vec<u8> {
    let mut clean = Vec::with_capacity(scan.bytes().len());
    let mut separator = b'{';
    for (key, raw) in scan.iter().filter(|(key, _)| !key.ends_with('$')) {
        clean.push(separator);
        text::string(&mut clean, key);
        clean.push(b':');
        clean.extend_from_slice(raw.as_bytes());
        separator = b',';
    }
    clean.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
    clean
}

/// The head of a request that has no `mb`: a Seneca's.
fn of_seneca(request: &Request<'_>) -> Head {
    let mut head = Head::default();
    let unquoted = |raw: &str| serde_json::from_str::<String>(raw).ok();
    if let Some(id) = request.id.and_then(unquoted) {
        (head.id, head.trace) = (Some(ids::of_seneca(&id)), ids::trace_of_seneca(&id));
        head.remember = seneca::remembered(&id);
        head.key = Some(id.into());
    }
    head.source = request.origin.and_then(unquoted).map(Into::into);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(act: &str) -> Incoming {
        let request = Request { id: Some("\"a/b\""), ..Request::default() };
        Incoming::of(&request, act.as_bytes(), &Limits::default(), Duration::from_secs(5))
    }

    #[test]
    fn directives_are_dropped_but_for_those_that_are_understood() {
        let it = incoming(
            r#"{"a":"x\n","fatal$":true,"custom$":{"t":"1","n":2},"timeout$":900000,"default$":{"d":1},"id$":"z"}"#,
        );
        assert_eq!(it.message, br#"{"a":"x\n"}"#);
        assert_eq!(it.head.context["t"].as_ref(), "1");
        assert_eq!(it.head.context["n"].as_ref(), "2");
        assert_eq!(it.head.budget, Some(Duration::from_secs(5)));
        assert_eq!(it.default.as_deref(), Some(&br#"{"d":1}"#[..]));
        assert_eq!(it.head.key.as_deref(), Some("a/b"));
        assert!(it.head.id.is_some());
        assert_eq!(incoming(r#"{"fatal\u0024":1}"#).message, b"{}");
        assert_eq!(incoming(r#"{"price":"5$","x":"\\"}"#).message, br#"{"price":"5$","x":"\\"}"#);
        assert_eq!(incoming(r#"{"a$":1,"#).message, br#"{"a$":1,"#);
    }
}
