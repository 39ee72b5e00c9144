//! The frames that a server sends.

use super::{fault, request, text};
use crate::message::json::{Limits, Malformed, Scan};
use crate::message::{CallError, ErrorReply, Receipt};
use crate::transport::seneca::ids;

/// A reply, or why there is none.
pub(super) type Answer = Result<Vec<u8>, CallError<ErrorReply>>;

/// What an answer repeats of its request. All texts are JSON, with their quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct To<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    /// Whether the caller sent `mb`.
    pub(super) matchbus: bool,
    /// What is noted of the answer, for a matchbus.
    pub(super) receipt: Option<&'a Receipt>,
}

impl To<'_> {
    /// Writes the answer.
    pub(super) fn write(self, out: &mut Vec<u8>, answer: &Answer) {
        self.open(out);
        match answer {
            Ok(reply) => {
                if self.matchbus {
                    let beside: &[u8] =
                        if self.is_replayed() { b"\"mb\":{\"replayed\":true}," } else { b"\"mb\":{}," };
                    out.extend_from_slice(beside);
                }
                out.extend_from_slice(b"\"res\":");
                // A reply without text is none.
                text::splice(out, if reply.is_empty() { b"null" } else { reply });
            }
            Err(error) => fault::write(out, error, self.matchbus, self.is_replayed()),
        }
        out.extend_from_slice(b"}\n");
    }

    fn is_replayed(self) -> bool {
        self.receipt.is_some_and(Receipt::is_replayed)
    }

    fn open(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        out.extend_from_slice(self.id.unwrap_or("null").as_bytes());
        out.extend_from_slice(b",\"kind\":\"res\",");
        if let Some(origin) = self.origin {
            out.extend_from_slice(b"\"origin\":");
            out.extend_from_slice(origin.as_bytes());
            out.extend_from_slice(b",\"accept\":");
            text::string(out, ids::instance());
            out.push(b',');
        }
        if !self.matchbus {
            out.extend_from_slice(b"\"sync\":true,");
        }
    }
}

/// Writes that `taken` requests were taken in and no more will be.
pub(super) fn going_away(out: &mut Vec<u8>, taken: u64) {
    out.extend_from_slice(b"{\"id\":null,\"kind\":\"res\",\"mb\":{\"taken\":");
    text::number(out, taken);
    out.extend_from_slice(b"}}\n");
}

/// A frame as the client sees it.
#[derive(Debug)]
pub(super) enum Frame {
    /// An answer to the request with this message part.
    Answer { id: u64, matchbus: bool, replayed: bool, answer: Answer },
    /// The server takes no more than this.
    GoingAway { taken: u64 },
    /// What is wrong with the connection, and not with one request.
    Told(CallError<ErrorReply>),
    /// For nobody here.
    Other,
}

impl Frame {
    /// Reads a line.
    pub(super) fn read(line: &[u8], limits: &Limits) -> Result<Self, Malformed> {
        let scan = Scan::read(line, limits)?;
        let (mut id, mut res, mut error, mut mb, mut is_answer) = (None, None, None, None, false);
        for (key, raw) in &scan {
            match key {
                "id" => id = request::message_part(raw),
                "kind" => is_answer = raw == "\"res\"",
                "res" => res = Some(raw),
                "error" if raw != "null" => error = Some(raw),
                "mb" => mb = Some(raw),
                _ => {}
            }
        }
        Ok(match id {
            _ if !is_answer => Frame::Other,
            Some(id) => {
                let answer = match error {
                    Some(error) => Err(fault::read(error, mb)),
                    None => Ok(res.unwrap_or("null").as_bytes().to_vec()),
                };
                // Nearly all are `{}`.
                let replayed = mb.is_some_and(|mb| mb.len() > 2 && is_replayed(mb));
                Frame::Answer { id, matchbus: mb.is_some(), replayed, answer }
            }
            None => match (mb.and_then(taken), error) {
                (Some(taken), _) => Frame::GoingAway { taken },
                (None, Some(error)) => Frame::Told(fault::read(error, mb)),
                (None, None) => Frame::Other,
            },
        })
    }
}

#[cold]
fn is_replayed(mb: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(mb).is_ok_and(|mb| mb["replayed"] == true)
}

fn taken(mb: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(mb).ok()?["taken"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back() {
        for (reply, seen) in [(&b"[1,\n2]"[..], &b"[1, 2]"[..]), (b"", b"null")] {
            let mut out = Vec::new();
            let receipt = Receipt::new();
            let to = To {
                id: Some("\"00000000000a/b\""),
                origin: Some("\"o\""),
                matchbus: true,
                receipt: Some(&receipt),
            };
            receipt.replayed();
            to.write(&mut out, &Ok(reply.to_vec()));
            match Frame::read(out.strip_suffix(b"\n").unwrap(), &Limits::default()).unwrap() {
                Frame::Answer { id: 10, matchbus: true, replayed: true, answer: Ok(reply) } => {
                    assert_eq!(reply, seen);
                }
                other => panic!("{other:?}"),
            }
        }
        let mut out = Vec::new();
        going_away(&mut out, 7);
        // `null` would be a number of base 36.
        assert!(matches!(Frame::read(&out, &Limits::default()), Ok(Frame::GoingAway { taken: 7 })));
    }
}
