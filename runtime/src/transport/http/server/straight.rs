//! Answers simple requests straight from the socket.
//!
//! That takes less time than hyper's general machine, and above all less memory: a connection that waits for its client has no
//! buffer at all. Whatever is not [simple](super::simple) is left to hyper, with all that was read of it.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write as _;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::body::{broken, too_slow};
use super::connection::{BUFFER, Busy, Running};
use super::desk::Reply;
use super::failure::Failure;
use super::simple::{First, Simple};
use super::stream::{Opened, Stream};
use crate::seam::clock;

/// What becomes of a connection.
pub(super) enum Then<S> {
    /// The client has closed it, or the last answer says that it is closed.
    Ended(S),
    /// A request came that is not simple.
    Hyper(Opened<S>),
}

/// Answers what is simple. After `closing` is set, and this is polled, it ends with the request that it is at.
pub(super) async fn serve<S: Stream>(opened: Opened<S>, busy: &Busy, closing: &AtomicBool) -> Then<S> {
    let (mut stream, mut bytes) = opened.into_parts();
    loop {
        let Simple { headers, head, body } = match First::of(&bytes) {
            First::Simple(simple) if is_let_in(&simple, busy) => simple,
            First::Part if bytes.len() < BUFFER => {
                if more(&mut stream, &mut bytes, closing).await {
                    continue;
                }
                return Then::Ended(stream);
            }
            First::Part => return no_request(stream, busy, &Failure::large_head()).await,
            First::Broken(httparse::Error::TooManyHeaders) => {
                return no_request(stream, busy, &Failure::large_head()).await;
            }
            First::Broken(cause) => return no_request(stream, busy, &Failure::no_http(&cause)).await,
            First::Simple(_) | First::Other => return Then::Hyper(Opened::new(stream, bytes)),
        };
        let end = head + body;
        // What comes of the next request while this one runs.
        let mut ahead = Vec::new();
        let running = Running::enter(busy);
        let refused = rest(&mut stream, &mut bytes, end, busy, &headers).await;
        let reply = if let Some(refused) = refused {
            refused
        } else {
            let answering = busy.desk.answer(&headers, &bytes[head..end]);
            let Some(reply) = unless_gone(&mut stream, &mut ahead, answering).await else {
                return Then::Ended(stream);
            };
            reply
        };
        let closes = reply.headers().contains_key(header::CONNECTION)
            || closing.load(Ordering::Relaxed)
            || !busy.desk.door.is_ready();
        drop(running);
        let out = written(&reply, closes);
        let sent = async {
            stream.write_all(&out).await?;
            stream.flush().await
        };
        if sent.await.is_err() || closes {
            return Then::Ended(stream);
        }
        bytes.drain(..end.min(bytes.len()));
        bytes.extend_from_slice(&ahead);
        if bytes.is_empty() {
            spare(std::mem::take(&mut bytes));
        }
    }
}

/// What cannot be read as a request is told so in JSON, as everything else is; by hyper it would be told with no body.
#[cold]
async fn no_request<S: Stream>(mut stream: S, busy: &Busy, failure: &Failure) -> Then<S> {
    let reply = busy.desk.refuse(&HeaderMap::new(), failure);
    // How a connection ends is the client's affair.
    if stream.write_all(&written(&reply, true)).await.is_ok() {
        let _ = stream.flush().await;
    }
    Then::Ended(stream)
}

/// Whether nothing has to be told before the body is read.
fn is_let_in(simple: &Simple, busy: &Busy) -> bool {
    simple.head <= BUFFER
        && simple.body <= busy.desk.door.limits().max_bytes()
        && busy.desk.admit(&simple.headers).is_ok()
}

/// Reads more of a head; `false` if there is nothing more to come. Memory is taken when there is something to put into it.
async fn more<S: Stream>(stream: &mut S, bytes: &mut Vec<u8>, closing: &AtomicBool) -> bool {
    poll_fn(|cx| {
        if closing.load(Ordering::Relaxed) {
            return Poll::Ready(false);
        }
        if bytes.capacity() == 0 {
            *bytes = SPARE.take();
        }
        bytes.reserve(BUFFER - bytes.len());
        let read = pin!(stream.read_buf(bytes)).poll(cx);
        if bytes.is_empty() {
            spare(std::mem::take(bytes));
        }
        read.map(|read| read.is_ok_and(|length| length > 0))
    })
    .await
}

thread_local! {
    /// Between two polls, the memory for what the next one reads.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Gives memory back for the next connection that has something to read.
fn spare(mut bytes: Vec<u8>) {
    if bytes.capacity() <= 2 * BUFFER {
        bytes.clear();
        SPARE.set(bytes);
    }
}

/// Reads the rest of a request that is so long; what to say in place of an answer if it does not come.
async fn rest<S: Stream>(
    stream: &mut S,
    bytes: &mut Vec<u8>,
    end: usize,
    busy: &Busy,
    headers: &HeaderMap,
) -> Option<Reply> {
    if bytes.len() >= end {
        return None;
    }
    let time = busy.desk.answering.body;
    let reading = async {
        while bytes.len() < end {
            // As it comes: who announces much may send little.
            bytes.reserve((end - bytes.len()).min(4 * BUFFER));
            if stream.read_buf(bytes).await.unwrap_or(0) == 0 {
                return false;
            }
        }
        true
    };
    let failure = match clock::within(time, reading).await {
        Some(true) => return None,
        Some(false) => broken(),
        None => too_slow(time),
    };
    Some(busy.desk.refuse(headers, &failure))
}

/// What the future gives, or `None` if the client goes away before. Of what it sends meanwhile a little is read, to know that.
async fn unless_gone<S: Stream, F: Future>(
    stream: &mut S,
    ahead: &mut Vec<u8>,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if !ahead.is_empty() {
            return Poll::Pending;
        }
        match pin!(stream.read_buf(ahead)).poll(cx) {
            Poll::Ready(Ok(1..)) | Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(None),
        }
    })
    .await
}

/// A reply as it goes over the wire.
fn written(reply: &Reply, closes: bool) -> Vec<u8> {
    let (status, body) = (reply.status(), reply.body());
    let mut out = Vec::with_capacity(256 + body.len());
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in reply.headers().iter().filter(|(name, _)| *name != header::CONNECTION) {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if closes {
        out.extend_from_slice(b"connection: close\r\n");
    }
    // Writing to memory cannot fail.
    let _ = write!(out, "content-length: {}\r\ndate: ", body.len());
    out.extend_from_slice(&date());
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
    out
}

/// The date as a header has it (RFC 9110, 6.6.1), written once a second. Nothing is decided by it.
fn date() -> [u8; 29] {
    thread_local! {
        static LAST: Cell<(u64, [u8; 29])> = const { Cell::new((0, [0; 29])) };
    }
    // What the format cannot say, the year 10000 and later, would be a panic.
    let now = (clock::unix_ms() / 1000).min(253_402_300_799);
    let (mut second, mut text) = LAST.get();
    if second != now {
        second = now;
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
        if let Ok(date) = date.as_bytes().try_into() {
            text = date;
        }
        LAST.set((second, text));
    }
    text
}
