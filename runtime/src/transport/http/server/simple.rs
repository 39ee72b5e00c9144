//! Requests that can be understood in one way only and ask for nothing special: a message posted by HTTP/1.1, with its length.

use std::mem::MaybeUninit;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::transport::http::head;

/// As many fields as hyper takes.
const MOST_FIELDS: usize = 100;

/// What the first bytes of a connection are, or those after a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// A head that is not whole yet.
    Part,
    Simple(Simple),
    /// No HTTP/1.1.
    Broken(httparse::Error),
    /// Anything else.
    Other,
}

/// A simple request: where its head and its body end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) headers: HeaderMap,
    pub(super) head: usize,
    pub(super) body: usize,
}

impl First {
    /// Reads the head, by the same parser as hyper.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        let head = match parsed.parse_with_uninit_headers(bytes, &mut fields) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return First::Part,
            Err(cause) => return First::Broken(cause),
        };
        let simple = || {
            let posted = parsed.method == Some("POST") && matches!(parsed.path, Some("/act" | "/"));
            if !posted || parsed.version != Some(1) {
                return None;
            }
            let (mut body, mut hosts) = (None, 0);
            let mut headers = HeaderMap::with_capacity(parsed.headers.len());
            for field in &*parsed.headers {
                let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
                match name.as_str() {
                    "content-length" if body.is_none() => body = Some(head::length(field.value)?),
                    "connection" if field.value.eq_ignore_ascii_case(b"keep-alive") => {}
                    // What says how the body is to be read, or that something else is to happen.
                    "content-length" | "content-encoding" | "connection" | "transfer-encoding" | "expect"
                    | "upgrade" => return None,
                    // No or two hosts are a mistake (RFC 9112, 3.2).
                    "host" if hosts > 0 => return None,
                    text => {
                        hosts += usize::from(text == "host");
                        headers.try_append(name, HeaderValue::from_bytes(field.value).ok()?).ok()?;
                    }
                }
            }
            (hosts == 1).then_some(Simple { headers, head, body: body? })
        };
        simple().map_or(First::Other, First::Simple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_message_with_its_length_is_simple_and_its_head_comes_in_any_pieces() {
        let text = "POST /act HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\nA: 1\r\na: 2\r\n\r\n{}POST";
        let First::Simple(Simple { headers, head, body }) = First::of(text.as_bytes()) else { panic!() };
        assert_eq!((&text[head..head + body], &text[head + body..]), ("{}", "POST"));
        assert_eq!((headers["host"].as_bytes(), headers.get_all("a").iter().count()), (&b"x"[..], 2));
        for end in 0..head {
            assert_eq!(First::of(&text.as_bytes()[..end]), First::Part, "{end}");
        }
    }

    #[test]
    fn all_else_is_not() {
        for (line, fields) in [
            ("POST /act HTTP/1.0", "content-length: 2"),
            ("GET /act HTTP/1.1", "content-length: 2"),
            ("POST /health HTTP/1.1", "content-length: 2"),
            ("POST /act?a HTTP/1.1", "content-length: 2"),
            ("POST http://x/act HTTP/1.1", "content-length: 2"),
            ("POST /act HTTP/1.1", ""),
            ("POST /act HTTP/1.1", "content-length: 2\r\nhost: y"),
            ("POST /act HTTP/1.1", "content-length: 2\r\ncontent-length: 2"),
            ("POST /act HTTP/1.1", "content-length: 2, 2"),
            ("POST /act HTTP/1.1", "content-length: +2"),
            ("POST /act HTTP/1.1", "content-length: 0x2"),
            ("POST /act HTTP/1.1", "content-length: 99999999999999999999"),
            ("POST /act HTTP/1.1", "content-length:"),
            ("POST /act HTTP/1.1", "content-length: 2\r\ntransfer-encoding: chunked"),
            ("POST /act HTTP/1.1", "transfer-encoding: chunked"),
            ("POST /act HTTP/1.1", "content-length: 2\r\ncontent-encoding: gzip"),
            ("POST /act HTTP/1.1", "content-length: 2\r\nexpect: 100-continue"),
            ("POST /act HTTP/1.1", "content-length: 2\r\nconnection: close"),
            ("POST /act HTTP/1.1", "content-length: 2\r\nconnection: keep-alive, x"),
            ("POST /act HTTP/1.1", "content-length: 2\r\nconnection: upgrade\r\nupgrade: h2c"),
        ] {
            let text =
                format!("{line}\r\nhost: x\r\n{fields}\r\n\r\n{{}}").replace("\r\n\r\n\r\n", "\r\n\r\n");
            assert_eq!(First::of(text.as_bytes()), First::Other, "{text}");
        }
        let without = First::of(b"POST /act HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}");
        assert_eq!(without, First::Other, "no host");
    }

    #[test]
    fn what_is_no_http_is_broken() {
        let many = "x: y\r\n".repeat(101);
        for text in [
            "POST /act HTTP/2.0\r\nhost: x\r\n\r\n",
            "POST  /act HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST /act HTTP/1.1\r\ncontent-length : 2\r\n\r\n",
            "POST /act HTTP/1.1\r\nhost: x\r\n x\r\n\r\n",
            "POST /act HTTP/1.1\r\na\0: b\r\n\r\n",
            &format!("POST /act HTTP/1.1\r\n{many}\r\n"),
            "\0\0",
        ] {
            assert!(matches!(First::of(text.as_bytes()), First::Broken(_)), "{text}");
        }
    }
}
