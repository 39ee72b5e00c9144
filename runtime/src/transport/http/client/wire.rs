//! HTTP/1.1 over one connection, spoken by the call that has it.
//!
//! The request is one write, the answer most often one read, and both happen in the caller's own task: with a client that
//! gives each connection a task, a call waits twice for another task to run (measured: see ARCHITECTURE.md). It is known to
//! the byte what of a request left, which is what tells *not done* from *unknown*.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::answer::Answer;
use super::response::{Chunks, Framing, Head, LARGE, MOST_REPLY, Malformed};
use crate::seam::alarm::Alarm;
use crate::seam::clock::Instant;

/// How much is read at once.
const BUFFER: usize = 8 * 1024;

/// What carries a connection: a socket, or TLS around one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A connection, between two calls or with one.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    /// What came and is not yet used.
    bytes: Vec<u8>,
    /// Whether what was written to it may have left even if that failed, as under TLS, which holds bytes back.
    holds_back: bool,
    /// Of the call that has it.
    alarm: Alarm,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// No byte of the request left.
    Unsent(io::Error),
    /// Some of it did.
    Lost(io::Error),
    /// The time was over.
    Late,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, holds_back: bool) -> Self {
        Wire { stream, bytes: Vec::new(), holds_back, alarm: Alarm::default() }
    }

    /// Whether the other side has neither closed the connection nor said anything that nobody asked for.
    pub(super) async fn is_quiet(&mut self) -> bool {
        let mut unasked = [0];
        poll_fn(|cx| {
            let mut unasked = ReadBuf::new(&mut unasked);
            Poll::Ready(Pin::new(&mut self.stream).poll_read(cx, &mut unasked).is_pending())
        })
        .await
    }

    /// Sends a request, its head and its body, and reads the answer; whether another may follow. An answer that comes early, and before
    /// the other side stops to read, counts like any other. It is waited for `until` then.
    pub(super) async fn exchange(
        &mut self,
        request: &[u8],
        until: Option<Instant>,
    ) -> Result<(Answer, bool), Failed> {
        let left = self.holds_back;
        let mut out = Out { rest: request, left, flushed: false, broken: None, until, late: false };
        let head = loop {
            match Head::read(&self.bytes) {
                Ok(Some(head)) => break head,
                Ok(None) => {}
                Err(Malformed(why)) => {
                    return Err(out.failed(io::Error::new(io::ErrorKind::InvalidData, why)));
                }
            }
            match self.more(&mut out, BUFFER).await {
                Ok(true) => {}
                Ok(false) => {
                    let gone = io::Error::new(io::ErrorKind::UnexpectedEof, "the other side closed it");
                    return Err(out.failed(gone));
                }
                Err(cause) => return Err(out.failed(cause)),
            }
        };
        self.bytes.drain(..head.length);
        let body = self.body(&head, &mut out).await;
        if out.late {
            return Err(Failed::Late);
        }
        // What follows could only be the answer to something that nobody asked.
        let keeps = head.keeps && body.is_ok() && out.is_done() && self.bytes.is_empty();
        if self.bytes.capacity() > 8 * BUFFER {
            self.bytes = Vec::new();
        }
        Ok((Answer { status: head.status, told: head.told, body }, keeps))
    }

    async fn body(&mut self, head: &Head, out: &mut Out<'_>) -> Result<Vec<u8>, String> {
        let mut chunks = Chunks::default();
        loop {
            let missing = match head.body {
                Framing::Length(size) => {
                    let size = usize::try_from(size).ok().filter(|size| *size <= MOST_REPLY).ok_or(LARGE)?;
                    if self.bytes.len() >= size {
                        return Ok(self.take(size));
                    }
                    size - self.bytes.len()
                }
                Framing::Chunked => {
                    if chunks.read(&mut self.bytes)? {
                        return Ok(chunks.body);
                    }
                    BUFFER
                }
                Framing::End if self.bytes.len() > MOST_REPLY => return Err(LARGE.to_owned()),
                Framing::End => BUFFER,
            };
            match self.more(out, missing).await {
                Ok(true) => {}
                Ok(false) if head.body == Framing::End => return Ok(std::mem::take(&mut self.bytes)),
                Ok(false) => return Err("the connection ended before it did".to_owned()),
                Err(cause) => return Err(cause.to_string()),
            }
        }
    }

    /// The first bytes, without a copy where they are many.
    fn take(&mut self, size: usize) -> Vec<u8> {
        if size <= BUFFER {
            let first = self.bytes[..size].to_vec();
            self.bytes.drain(..size);
            return first;
        }
        let rest = self.bytes.split_off(size);
        std::mem::replace(&mut self.bytes, rest)
    }

    /// Reads more, at best as much as is missing, and writes meanwhile what is not yet sent; `false` at the end.
    async fn more(&mut self, out: &mut Out<'_>, missing: usize) -> io::Result<bool> {
        let Wire { stream, bytes, alarm, .. } = self;
        // Memory for what was announced is taken as it comes.
        bytes.reserve(missing.clamp(BUFFER, 64 * BUFFER));
        poll_fn(|cx| {
            out.poll(stream, cx);
            let read = pin!(stream.read_buf(bytes)).poll(cx).map_ok(|length| length > 0);
            match out.until {
                // Looked at only where there is something to wait for.
                Some(until) if read.is_pending() && alarm.poll(until, cx).is_ready() => {
                    out.late = true;
                    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                }
                _ => read,
            }
        })
        .await
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

/// A request on its way.
struct Out<'a> {
    rest: &'a [u8],
    /// Whether a byte of it may have left.
    left: bool,
    flushed: bool,
    /// Why no more can be written. There may still be an answer: whoever refuses a large message says so before it
    /// has come, and closes.
    broken: Option<io::Error>,
    /// How long the answer is waited for.
    until: Option<Instant>,
    /// That time was over.
    late: bool,
}

impl Out<'_> {
    fn poll(&mut self, stream: &mut Box<dyn Stream>, cx: &mut Context<'_>) {
        while !self.rest.is_empty() && self.broken.is_none() {
            match Pin::new(&mut *stream).poll_write(cx, self.rest) {
                Poll::Ready(Ok(0)) => self.broken = Some(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(n)) => {
                    self.left = true;
                    self.rest = &self.rest[n..];
                }
                Poll::Ready(Err(cause)) => self.broken = Some(cause),
                Poll::Pending => return,
            }
        }
        if !self.flushed && self.broken.is_none() {
            match Pin::new(stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.flushed = true,
                Poll::Ready(Err(cause)) => self.broken = Some(cause),
                Poll::Pending => {}
            }
        }
    }

    fn is_done(&self) -> bool {
        self.flushed && self.broken.is_none()
    }

    /// The end came without an answer.
    fn failed(self, cause: io::Error) -> Failed {
        if self.late {
            return Failed::Late;
        }
        if self.left { Failed::Lost(cause) } else { Failed::Unsent(self.broken.unwrap_or(cause)) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const ASK: &[u8] = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}";

    fn wire(room: usize) -> (Wire, DuplexStream) {
        let (here, there) = duplex(room);
        (Wire::new(Box::new(here), false), there)
    }

    /// What becomes of an answer that comes in two pieces, cut there, and whether the connection may be used again.
    async fn cut(
        answer: &[u8],
        at: usize,
        ends: bool,
    ) -> Result<(u16, Result<Vec<u8>, String>, bool), Failed> {
        let (mut wire, mut there) = wire(64 * 1024);
        let (first, rest) = answer.split_at(at);
        let speaks = async {
            let mut asked = [0; ASK.len()];
            there.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked, ASK);
            there.write_all(first).await.unwrap();
            tokio::task::yield_now().await;
            there.write_all(rest).await.unwrap();
            if ends { None } else { Some(there) }
        };
        let (answered, _open) = tokio::join!(wire.exchange(ASK, None), speaks);
        answered.map(|(answer, keeps)| (answer.status.as_u16(), answer.body, keeps))
    }

    #[tokio::test]
    async fn an_answer_is_the_same_wherever_it_is_cut() {
        for (answer, status, body, ends, keeps) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", 200, "abc", false, true),
            (
                "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
                200,
                "abc",
                false,
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\nx: y\r\n\r\n",
                200,
                "abc",
                false,
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc",
                200,
                "abc",
                false,
                false,
            ),
            ("HTTP/1.0 200 OK\r\n\r\nabc", 200, "abc", true, false),
            ("HTTP/1.1 200 OK\r\n\r\nabc", 200, "abc", true, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", false, true),
        ] {
            for at in 0..=answer.len() {
                let got = cut(answer.as_bytes(), at, ends).await.unwrap();
                assert_eq!(got, (status, Ok(body.into()), keeps), "{answer} cut at {at}");
            }
        }
    }

    #[tokio::test]
    async fn an_answer_that_ends_early_is_no_answer_or_has_no_body() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        for end in 0..answer.len() {
            match cut(&answer[..end], 0, true).await {
                Err(Failed::Lost(_)) => assert!(end < answer.len() - 3),
                Ok((200, Err(_), false)) => assert!(end >= answer.len() - 3),
                other => panic!("cut at {end}: {other:?}"),
            }
        }
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
        assert!(matches!(cut(chunked, 9, true).await, Ok((200, Err(_), false))));
        for length in ["67108865", "18446744073709551615"] {
            let large = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            assert!(matches!(cut(large.as_bytes(), 9, false).await, Ok((200, Err(_), false))), "{large}");
        }
    }

    #[tokio::test]
    async fn nothing_follows_what_nobody_asked_for() {
        let (_, _, keeps) =
            cut(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1", 9, false).await.unwrap();
        assert!(!keeps);
        let (mut wire, mut there) = wire(1024);
        assert!(wire.is_quiet().await);
        there.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.unwrap();
        assert!(!wire.is_quiet().await);
        let (mut wire, there) = self::wire(1024);
        drop(there);
        assert!(!wire.is_quiet().await);
    }

    #[tokio::test]
    async fn what_never_left_is_told_from_what_may_have() {
        let (mut wire, there) = wire(1024);
        drop(there);
        assert!(matches!(wire.exchange(ASK, None).await, Err(Failed::Unsent(_))));
        // One byte is enough.
        let (mut wire, there) = self::wire(1);
        let goes = async {
            tokio::task::yield_now().await;
            drop(there);
        };
        let (answered, ()) = tokio::join!(wire.exchange(ASK, None), goes);
        assert!(matches!(answered, Err(Failed::Lost(_))), "{answered:?}");
        let (here, there) = duplex(1024);
        drop(there);
        let answered = Wire::new(Box::new(here), true).exchange(ASK, None).await;
        assert!(matches!(answered, Err(Failed::Lost(_))), "{answered:?}");
    }

    #[tokio::test]
    async fn a_refusal_is_heard_while_the_request_is_still_written() {
        const REFUSAL: &[u8] = b"HTTP/1.1 413 Large\r\nconnection: close\r\ncontent-length: 4\r\n\r\nmost";
        for closes in [false, true] {
            let (mut wire, mut there) = wire(100);
            let request = vec![b' '; 100_000];
            let refuses = async {
                there.read_exact(&mut [0; 150]).await.unwrap();
                there.write_all(REFUSAL).await.unwrap();
                if closes { None } else { Some(there) }
            };
            let (answered, _open) = tokio::join!(wire.exchange(&request, None), refuses);
            let (answer, keeps) = answered.unwrap();
            assert_eq!((answer.status.as_u16(), answer.body, keeps), (413, Ok(b"most".to_vec()), false));
        }
    }

    #[tokio::test]
    async fn large_bodies_pass_in_both_directions() {
        let (mut wire, mut there) = wire(4096);
        let size = 1 << 20;
        let request = [ASK, &vec![b'q'; size]].concat();
        let echoes = async {
            let mut asked = vec![0; request.len()];
            there.read_exact(&mut asked).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
            there.write_all(head.as_bytes()).await.unwrap();
            there.write_all(&asked[ASK.len()..]).await.unwrap();
        };
        let (answered, ()) = tokio::join!(wire.exchange(&request, None), echoes);
        let (answer, keeps) = answered.unwrap();
        assert!(keeps && answer.body.unwrap() == request[ASK.len()..]);
        assert!(wire.bytes.capacity() <= 8 * BUFFER, "the memory of a large answer is given back");
    }
}
