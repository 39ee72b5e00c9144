//! Taking in a request's body: bounded in size and time.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::{Body, Buf, Bytes};

use super::failure::Failure;
use crate::message::ErrorKind;
use crate::seam::clock;

/// The whole body, which is at most `most` bytes and comes within `time`.
pub(super) async fn read<B: Body>(body: B, most: usize, time: Duration) -> Result<Bytes, Box<Failure>> {
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let mut body = pin!(collect(body, most));
    // Most are there already; those need no timer.
    if let Poll::Ready(result) = poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx))).await {
        return result;
    }
    match clock::within(time, body).await {
        Some(result) => result,
        None => Err(too_slow(time)),
    }
}

async fn collect<B: Body>(body: B, most: usize) -> Result<Bytes, Box<Failure>> {
    let mut body = pin!(body);
    let mut first: Option<Bytes> = None;
    let mut all = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| broken())?;
        // Trailers are of no interest.
        let Ok(mut data) = frame.into_data() else { continue };
        let length = first.as_ref().map_or(all.len(), Bytes::len);
        if data.remaining() > most - length {
            return Err(too_large(most));
        }
        // A small message comes in one piece, and is used as it lies in the connection's buffer.
        if length == 0 {
            first = Some(data.copy_to_bytes(data.remaining()));
            continue;
        }
        if let Some(first) = first.take() {
            all.extend_from_slice(&first);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            all.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
    Ok(first.unwrap_or_else(|| all.into()))
}

#[cold]
fn too_large(most: usize) -> Box<Failure> {
    let text =
        format!("the message is larger than the limit of {most} bytes; split it, or raise the bus's limits");
    Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::Malformed, text)
}

#[cold]
pub(super) fn too_slow(time: Duration) -> Box<Failure> {
    let text = format!(
        "the body did not come within {time:?}; send it faster, or raise the listener's `body_timeout`"
    );
    Failure::refused(StatusCode::REQUEST_TIMEOUT, ErrorKind::Malformed, text)
}

#[cold]
pub(super) fn broken() -> Box<Failure> {
    let text = "the body ended before it was complete; send as many bytes as `Content-Length` says";
    Failure::refused(StatusCode::BAD_REQUEST, ErrorKind::Malformed, text)
}
