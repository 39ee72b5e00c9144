//! The frames that a client sends.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{head, message, text};
use crate::message::Error;
use crate::message::json::{Limits, Malformed, Scan};
use crate::transport::Head;
use crate::transport::seneca::ids;

/// How a request is written.
#[allow(clippy::struct_excessive_bools)] // Each is said or not said in the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// The other side is a Seneca for certain.
    pub(super) seneca: bool,
    /// Say who sends.
    pub(super) origin: bool,
    pub(super) want: Want,
}

/// What is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// The reply.
    Reply,
    /// That the message was taken in.
    Taken,
    Nothing,
}

/// What most frames need beside their message.
const BESIDE: usize = 192;

/// How long the ids are that clients write, with their quotes.
pub(super) const ID: usize = 27;

/// Writes a message's frame. The message comes last: a server need not look for its end.
pub(super) fn act(out: &mut Vec<u8>, (mi, tx): (u64, u64), message: &[u8], head: &Head, style: Style) {
    out.reserve(message.len() + BESIDE);
    open(out, (mi, tx), "act");
    if style.origin {
        out.extend_from_slice(b",\"origin\":");
        text::string(out, ids::instance());
    }
    let sync: &[u8] = if style.want == Want::Nothing { b",\"sync\":false" } else { b",\"sync\":true" };
    out.extend_from_slice(sync);
    out.extend_from_slice(b",\"mb\":");
    head::write(out, head, style.want == Want::Taken);
    out.extend_from_slice(b",\"act\":");
    if style.seneca {
        for_seneca(out, message, head);
    } else {
        text::splice(out, message);
    }
    out.extend_from_slice(b"}\n");
}

/// Writes a frame that has no message.
pub(super) fn other(out: &mut Vec<u8>, id: (u64, u64), kind: &str) {
    open(out, id, kind);
    out.extend_from_slice(b"}\n");
}

fn open(out: &mut Vec<u8>, (mi, tx): (u64, u64), kind: &str) {
    let mut start = *b"{\"id\":\"............/............\",\"kind\":\"";
    start[7..19].copy_from_slice(&ids::digits(mi));
    start[20..32].copy_from_slice(&ids::digits(tx));
    out.extend_from_slice(&start);
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
}

/// The message part of an id in quotes.
pub(super) fn message_part(raw: &str) -> Option<u64> {
    let id = raw.strip_prefix('"')?.strip_suffix('"')?;
    ids::number(id.split('/').next()?)
}

/// The message as a Seneca is to see it: with the user context, and without directives, which it would obey
/// (`fatal$` ends it).
fn for_seneca(out: &mut Vec<u8>, message: &[u8], head: &Head) {
    // A key can also hide its `$` behind an escape.
    if memchr::memchr2(b'$', b'\\', message).is_some() {
        let clean = message::without_directives(message);
        return with_custom(out, clean.as_deref().unwrap_or(message), head);
    }
    with_custom(out, message, head);
}

fn with_custom(out: &mut Vec<u8>, message: &[u8], head: &Head) {
    let Some(brace) = message.iter().position(|byte| *byte == b'{').filter(|_| !head.context.is_empty())
    else {
        return text::splice(out, message);
    };
    out.extend_from_slice(b"{\"custom$\":");
    head::context(out, &head.context);
    let rest = &message[brace + 1..];
    if rest.trim_ascii_start().first() != Some(&b'}') {
        out.push(b',');
    }
    text::splice(out, rest);
}

/// A frame as the server sees it: each part as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    /// With its quotes; only strings and numbers.
    pub(super) id: Option<&'a str>,
    /// With its quotes.
    pub(super) origin: Option<&'a str>,
    pub(super) kind: Kind,
    pub(super) sync: bool,
    pub(super) mb: Option<&'a str>,
    pub(super) act: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Act,
    Cancel,
    Catalogue,
    Health,
    /// The frame does not say.
    #[default]
    None,
    Other,
}

impl<'a> Request<'a> {
    /// Reads a line in one pass. A frame that is well in itself is given also if its message is not: the router says
    /// what is wrong with that.
    pub(super) fn read(line: &'a [u8], limits: &Limits) -> Result<Self, Refused> {
        if let Some(request) = Request::of_matchbus(line).filter(|_| line.len() <= limits.max_bytes()) {
            return Ok(request);
        }
        let mut scan = Scan::empty();
        match scan.fill(line, limits) {
            Ok(()) => {
                let mut request = Request::default();
                for (key, raw) in &scan {
                    request.set(key, raw);
                }
                Ok(request)
            }
            Err(malformed) => Request::read_again(line).ok_or_else(|| Refused::new(line, malformed)),
        }
    }

    /// A frame as [`act`] writes most of them. The message is taken as it stands, since the router reads it anyway and
    /// says what is wrong with it: to look into it here would take as long as all else.
    fn of_matchbus(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"{\"id\":")?;
        let id = rest.get(..ID)?;
        let is_id = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'/';
        let inside = id.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        if !inside.iter().all(is_id) {
            return None;
        }
        let rest = rest[ID..].strip_prefix(b",\"kind\":\"act\",\"sync\":true,\"mb\":")?;
        // An object in which no object is.
        let end = memchr::memchr(b'}', rest)? + 1;
        let (mb, rest) = rest.split_at(end);
        let quotes = memchr::memchr_iter(b'"', mb).count();
        if mb.first() != Some(&b'{')
            || mb[1..].iter().any(|byte| matches!(byte, b'{' | b'\\'))
            || quotes % 2 == 1
        {
            return None;
        }
        let act = rest.strip_prefix(b",\"act\":")?.strip_suffix(b"}")?;
        let (id, mb) = (str::from_utf8(id).ok()?, str::from_utf8(mb).ok()?);
        act.starts_with(b"{").then_some(Request {
            id: Some(id),
            origin: None,
            kind: Kind::Act,
            sync: true,
            mb: Some(mb),
            act: Some(act),
        })
    }

    #[cold]
    fn read_again(line: &'a [u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Again<'a> {
            #[serde(borrow)]
            id: Option<&'a RawValue>,
            #[serde(borrow)]
            origin: Option<&'a RawValue>,
            #[serde(borrow)]
            kind: &'a RawValue,
            #[serde(borrow)]
            sync: Option<&'a RawValue>,
            #[serde(borrow)]
            mb: Option<&'a RawValue>,
            #[serde(borrow)]
            act: &'a RawValue,
        }
        let again: Again<'a> = serde_json::from_slice(line).ok()?;
        let mut request = Request::default();
        request.set("kind", again.kind.get());
        request.set("act", again.act.get());
        for (key, raw) in [("id", again.id), ("origin", again.origin), ("sync", again.sync), ("mb", again.mb)]
        {
            if let Some(raw) = raw {
                request.set(key, raw.get());
            }
        }
        Some(request)
    }

    fn set(&mut self, key: &str, raw: &'a str) {
        let is_id = || raw.starts_with(|c: char| matches!(c, '"' | '-' | '0'..='9'));
        match key {
            "id" if is_id() => self.id = Some(raw),
            "origin" if is_id() => self.origin = Some(raw),
            "kind" => {
                self.kind = match raw {
                    "\"act\"" => Kind::Act,
                    "\"cancel\"" => Kind::Cancel,
                    "\"catalogue\"" => Kind::Catalogue,
                    "\"health\"" => Kind::Health,
                    _ => Kind::Other,
                }
            }
            "sync" => self.sync = raw == "true",
            "mb" if raw.starts_with('{') => self.mb = Some(raw),
            "act" => self.act = Some(raw.as_bytes()),
            _ => {}
        }
    }
}

/// A line that is no frame.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) id: Option<String>,
    pub(super) error: Error,
}

impl Refused {
    #[cold]
    fn new(line: &[u8], malformed: Malformed) -> Self {
        Refused { id: likely_id(line), error: Error::malformed(malformed) }
    }
}

/// The id of a line that cannot be read, if it starts as clients write it. With its quotes.
#[cold]
pub(super) fn likely_id(line: &[u8]) -> Option<String> {
    let rest = line.trim_ascii_start().strip_prefix(b"{\"id\":\"")?;
    let end = rest.iter().take(256).position(|byte| *byte == b'"')?;
    let id = str::from_utf8(&rest[..end]).ok()?;
    (!id.contains(|c: char| c == '\\' || c.is_control())).then(|| format!("\"{id}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { seneca: false, origin: false, want: Want::Reply };

    #[test]
    fn a_request_comes_back() {
        let mut out = Vec::new();
        act(&mut out, (1, 2), b"{\"a\":\n1}", &Head::default(), Style { origin: true, ..STYLE });
        let request = Request::read(out.strip_suffix(b"\n").unwrap(), &Limits::default()).unwrap();
        assert_eq!(request.id, Some("\"000000000001/000000000002\""));
        assert_eq!((request.act, request.mb), (Some(&b"{\"a\": 1}"[..]), Some("{}")));
        assert!(request.sync && request.kind == Kind::Act && request.origin.is_some());
    }

    #[test]
    fn the_short_way_gives_what_the_long_one_gives() {
        let mut head = Head { id: Some(crate::Id::from_u128(7)), ..Head::default() };
        for context in [false, true] {
            if context {
                head.context.insert("t".into(), "}".into());
            }
            let mut line = Vec::new();
            act(&mut line, (1, 2), b"{\"a\":{\"b\":\"}\"}}", &head, STYLE);
            line.pop();
            assert_eq!(Request::of_matchbus(&line).is_some(), !context);
            let short = Request::read(&line, &Limits::default()).unwrap();
            // A space more, and it is none of ours.
            let longer = [b"{ ", &line[1..]].concat();
            assert!(Request::of_matchbus(&longer).is_none());
            let long = Request::read(&longer, &Limits::default()).unwrap();
            assert_eq!((short.id, short.mb, short.act), (long.id, long.mb, long.act));
            assert_eq!((short.kind, short.sync), (long.kind, long.sync));
        }
        let start = r#"{"id":"000000000001/000000000002","kind":"act","sync":true,"mb":"#;
        for rest in
            [r#"{"key":"}","act":{}}"#, r#"{"key":"\"},"act":{}}"#, r#"1,"act":{}}"#, r#"{},"act":[]}"#, "{}"]
        {
            assert!(Request::of_matchbus(format!("{start}{rest}").as_bytes()).is_none(), "{rest}");
        }
    }

    #[test]
    fn user_context_goes_where_a_seneca_looks_for_it() {
        let mut head = Head::default();
        head.context.insert("t".into(), "1".into());
        for (message, with) in [
            ("{}", r#"{"custom$":{"t":"1"}}"#),
            (" { } ", r#"{"custom$":{"t":"1"} } "#),
            (r#"{"a":1}"#, r#"{"custom$":{"t":"1"},"a":1}"#),
            (r#"{"fatal$":true,"a":"$"}"#, r#"{"custom$":{"t":"1"},"a":"$"}"#),
        ] {
            let mut out = Vec::new();
            act(&mut out, (1, 2), message.as_bytes(), &head, Style { seneca: true, ..STYLE });
            let text = String::from_utf8(out).unwrap();
            assert!(text.ends_with(&format!("\"act\":{with}}}\n")), "{text}");
        }
    }

    #[test]
    fn the_id_of_a_bad_frame_is_found_where_it_can_be() {
        let twice = br#"{"id":"x/y","kind":"act","sync":true,"act":{"a":1,"a":2}}"#;
        let request = Request::read(twice, &Limits::default()).unwrap();
        assert_eq!((request.id, request.act), (Some("\"x/y\""), Some(&br#"{"a":1,"a":2}"#[..])));
        let cut = Request::read(br#"{"id":"x/y","kind":"act","act":{"a":"#, &Limits::default()).unwrap_err();
        assert_eq!(cut.id.as_deref(), Some("\"x/y\""));
        assert_eq!((message_part("\"z/y\""), message_part("null")), (Some(35), None));
        assert!(Request::read(b"hello", &Limits::default()).unwrap_err().id.is_none());
    }
}
