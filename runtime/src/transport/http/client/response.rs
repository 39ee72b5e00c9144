//! The form of an answer (RFC 9112): where its head ends, where its body ends, and whether another one may follow.

use std::mem::MaybeUninit;

use hyper::StatusCode;

use super::answer::Told;
use crate::transport::http::head;

/// The largest head, with all interim ones before it and the trailer after.
pub(super) const MOST_HEAD: usize = 64 * 1024;

/// The largest reply.
pub(super) const MOST_REPLY: usize = 64 * 1024 * 1024;

/// As many fields as other clients take.
const MOST_FIELDS: usize = 100;

/// A head that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) told: Told,
    pub(super) body: Framing,
    /// Whether the connection may be used again.
    pub(super) keeps: bool,
    /// How many bytes it took.
    pub(super) length: usize,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// By the end of the connection.
    End,
}

/// What came is no HTTP, or may mean two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl Head {
    /// The head at the start of these bytes; `None` while it is not whole.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut at = 0;
        loop {
            let Some(head) = Self::read_one(&bytes[at..])? else {
                return if bytes.len() > MOST_HEAD { Err(TOO_LARGE) } else { Ok(None) };
            };
            at += head.length;
            if at > MOST_HEAD {
                return Err(TOO_LARGE);
            }
            // An interim answer says that another one comes (RFC 9110, 15.2). It has no body.
            if !head.status.is_informational() {
                return Ok(Some(Head { length: at, ..head }));
            }
            if head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Malformed("it switches to another protocol, which nobody asked for"));
            }
        }
    }

    fn read_one(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let parser = httparse::ParserConfig::default();
        let length = match parser.parse_response_with_uninit_headers(&mut parsed, bytes, &mut fields) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Malformed("it has more than 100 fields")),
            Err(_) => return Err(Malformed("it is no HTTP")),
        };
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Malformed("it has a status that is none"))?;
        let newer = parsed.version == Some(1);
        let (mut told, mut size, mut encoding) = (Told::default(), None, None);
        let (mut close, mut keep_alive) = (false, false);
        for field in &*parsed.headers {
            if field.name.eq_ignore_ascii_case("content-length") {
                // Several could be understood in several ways, even if they are alike to us.
                let number = head::length(field.value).filter(|_| size.is_none());
                size = Some(number.ok_or(Malformed("its length is no number, or there are several"))?);
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                encoding = Some(encoding.is_none() && field.value.eq_ignore_ascii_case(b"chunked"));
            } else if field.name.eq_ignore_ascii_case("connection") {
                close |= has(field.value, b"close");
                keep_alive |= has(field.value, b"keep-alive");
            } else {
                told.read(field.name, field.value);
            }
        }
        let body = match (encoding, size) {
            _ if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => Framing::Length(0),
            (Some(_), Some(_)) => return Err(Malformed("it has a length and an encoding that says another")),
            // Nobody asked for another encoding, and HTTP/1.0 has none.
            (Some(chunked), None) if !chunked || !newer => {
                return Err(Malformed("its body has an encoding that is not known here"));
            }
            (Some(_), None) => Framing::Chunked,
            (None, Some(size)) => Framing::Length(size),
            (None, None) if status.is_informational() => Framing::Length(0),
            (None, None) => Framing::End,
        };
        let keeps = !close && (newer || keep_alive) && body != Framing::End;
        Ok(Some(Head { status, told, body, keeps, length }))
    }
}

const TOO_LARGE: Malformed = Malformed("its head is larger than 64 KiB");

/// Whether a list has this word.
fn has(list: &[u8], word: &[u8]) -> bool {
    list.split(|&byte| byte == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(word))
}

/// A body in chunks, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pub(super) body: Vec<u8>,
    /// The last chunk was there; the trailer follows.
    ended: bool,
    /// How many bytes of the trailer there were.
    trailer: usize,
}

impl Chunks {
    /// Takes all whole chunks from the front of `bytes`; whether that was all of the body.
    pub(super) fn read(&mut self, bytes: &mut Vec<u8>) -> Result<bool, &'static str> {
        let mut at = 0;
        let whole = loop {
            let rest = &bytes[at..];
            if self.ended {
                let Some(line) = line(rest)? else { break false };
                self.trailer += line;
                at += line;
                match line {
                    // `\r\n` or `\n`: no other line is that short.
                    1 | 2 if rest[..line].trim_ascii().is_empty() => break true,
                    _ if self.trailer > MOST_HEAD => return Err("its trailer is larger than 64 KiB"),
                    _ => continue,
                }
            }
            let Some(head) = line(rest)? else { break false };
            // httparse takes a line without a digit for a size of nothing.
            let size = match httparse::parse_chunk_size(&rest[..head]) {
                Ok(httparse::Status::Complete((_, size))) if rest[0].is_ascii_hexdigit() => size,
                _ => return Err("a chunk of it has no size"),
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size > MOST_REPLY - self.body.len() {
                return Err(LARGE);
            }
            if size == 0 {
                (self.ended, at) = (true, at + head);
                continue;
            }
            let Some(data) = rest.get(head..head + size + 2) else { break false };
            if !data.ends_with(b"\r\n") {
                return Err("a chunk of it is not as long as it says");
            }
            self.body.extend_from_slice(&data[..size]);
            at += head + size + 2;
        };
        bytes.drain(..at);
        Ok(whole)
    }
}

pub(super) const LARGE: &str = "it is larger than 64 MiB";

/// How long the first line is; `None` while it is not whole.
fn line(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
    match memchr::memchr(b'\n', bytes) {
        Some(at) => Ok(Some(at + 1)),
        None if bytes.len() > MOST_HEAD => Err("a line of it is longer than 64 KiB"),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Outcome;

    fn head(text: &str) -> Result<Option<Head>, Malformed> {
        Head::read(text.as_bytes())
    }

    fn form(text: &str) -> (u16, Framing, bool) {
        let head = head(text).unwrap().unwrap();
        assert_eq!(head.length, text.len());
        (head.status.as_u16(), head.body, head.keeps)
    }

    #[test]
    fn a_head_says_where_its_body_ends_and_whether_another_answer_may_follow() {
        use Framing::{Chunked, End, Length};
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", (200, Length(3), true)),
            ("HTTP/1.1 200\r\ncontent-length:3 \r\n\r\n", (200, Length(3), true)),
            ("HTTP/1.1 200 OK\r\nconnection: x, CLOSE\r\ncontent-length: 3\r\n\r\n", (200, Length(3), false)),
            ("HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\n", (200, Length(3), false)),
            (
                "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 3\r\n\r\n",
                (200, Length(3), true),
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", (200, End, false)),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n", (200, Chunked, true)),
            ("HTTP/1.1 204 Nothing\r\n\r\n", (204, Length(0), true)),
            ("HTTP/1.1 304 Same\r\ncontent-length: 9\r\n\r\n", (304, Length(0), true)),
            (
                "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 A\r\ncontent-length: 0\r\n\r\n",
                (202, Length(0), true),
            ),
        ] {
            assert_eq!(form(text), expected, "{text}");
            for end in 0..text.len() {
                assert_eq!(head(&text[..end]), Ok(None), "{:?}", &text[..end]);
            }
        }
        let told = head(
            "HTTP/1.1 409 X\r\nMatchbus-Outcome: done\r\nmatchbus-error: service\r\nidempotent-replayed: true\r\ncontent-length: 0\r\n\r\n",
        );
        let Told { is_ours, outcome, of_service, is_replayed } = told.unwrap().unwrap().told;
        assert_eq!((is_ours, outcome, of_service, is_replayed), (true, Some(Outcome::Done), true, true));
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(101));
        let large = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(MOST_HEAD));
        let interim = "HTTP/1.1 100 Go on\r\n\r\n".repeat(4000);
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0x3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 101 Now\r\nupgrade: x\r\n\r\n",
            "HTTP/1.1 099 Low\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 banana\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
            "\0\0\0\0",
            "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
            &many,
            &large,
            &interim,
        ] {
            assert!(head(text).is_err(), "{text}");
        }
    }

    /// What is left of a body that came in two pieces, cut at each place.
    fn chunked(text: &[u8]) -> Vec<Result<[Vec<u8>; 2], &'static str>> {
        let cut = |at: usize| {
            let (mut chunks, mut bytes) = (Chunks::default(), text[..at].to_vec());
            let early = chunks.read(&mut bytes)?;
            bytes.extend_from_slice(&text[at..]);
            if early || chunks.read(&mut bytes)? { Ok([chunks.body, bytes]) } else { Err("more") }
        };
        (0..=text.len()).map(cut).collect()
    }

    #[test]
    fn chunks_are_put_together_however_they_come() {
        for text in [
            "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n000\r\n\r\n",
            "d \r\nabc0123456789\r\n0\r\nt: 1\r\nu: 2\r\n\r\n",
        ] {
            let text = format!("{text}next");
            for read in chunked(text.as_bytes()) {
                assert_eq!(read, Ok([b"abc0123456789".to_vec(), b"next".to_vec()]));
            }
        }
        for text in [
            "\r\n\r\n",
            "x\r\n",
            "-1\r\nabc",
            "3\r\nabcd\r\n",
            "3\r\nabc\n0\r\n",
            "ffffffffffffffff\r\n",
            "10000000000000000\r\n",
            "4000001\r\n",
        ] {
            for read in chunked(text.as_bytes()) {
                assert!(read.is_err_and(|why| why != "more"), "{text}");
            }
        }
        let endless = "0\r\n".to_owned() + &"a: b\r\n".repeat(MOST_HEAD / 6 + 1);
        assert!(Chunks::default().read(&mut endless.into()).is_err());
        assert!(Chunks::default().read(&mut vec![b'1'; MOST_HEAD + 1]).is_err());
    }
}
