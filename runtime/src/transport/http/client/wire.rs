//! One connection, which whoever uses it drives.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use http_body_util::Full;
use hyper::Request;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::{TrySendError, http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::answer::Answer;
use super::pool::Causes;

/// How much of an answer is read at once.
const BUFFER: usize = 64 * 1024;

/// The largest reply.
const MOST_REPLY: usize = 64 * 1024 * 1024;

/// A connection that no task of its own drives: a call would wait for that task to run before its request leaves, and then
/// for its own to run again. Dropping it closes it.
pub(super) struct Wire {
    sender: http1::SendRequest<Full<Bytes>>,
    connection: Connection,
}

/// What moves the bytes.
enum Connection {
    Open(Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>),
    Ended(hyper::Result<()>),
}

impl Connection {
    fn is_open(&self) -> bool {
        matches!(self, Connection::Open(_))
    }
}

impl Wire {
    /// HTTP/1.1 over a stream.
    pub(super) async fn over<S>(stream: S) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) =
            http1::Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(stream)).await?;
        Ok(Wire { sender, connection: Connection::Open(Box::pin(connection)) })
    }

    /// Whether it can be used again; looks whether the other side has closed it meanwhile.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Wire { sender, connection } = self;
        drive(connection, &AtomicBool::default(), true, sender.ready()).await.is_ok() && connection.is_open()
    }

    /// Sends a request and reads the answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, TrySendError<Request<Full<Bytes>>>> {
        let Wire { sender, connection } = self;
        let again = AtomicBool::default();
        let exchanging = async {
            let (parts, body) = sender.try_send_request(request).await?.into_parts();
            // The connection gives the body only when it is asked for it.
            again.store(true, Ordering::Relaxed);
            let body = collect(body).await;
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        drive(connection, &again, false, exchanging).await
    }

    /// Whether it has ended.
    pub(super) fn is_closed(&self) -> bool {
        !self.connection.is_open() || self.sender.is_closed()
    }

    /// How it ended, if badly.
    pub(super) fn end(&self) -> Option<&hyper::Error> {
        match &self.connection {
            Connection::Ended(Err(cause)) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// Drives a connection beside what uses it, which sets `again` when it has just asked the connection for something.
async fn drive<T>(
    connection: &mut Connection,
    again: &AtomicBool,
    mut connection_first: bool,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        loop {
            if !std::mem::take(&mut connection_first)
                && let Poll::Ready(done) = work.as_mut().poll(context)
            {
                return Poll::Ready(done);
            }
            if let Connection::Open(open) = connection
                && let Poll::Ready(ended) = open.as_mut().poll(context)
            {
                *connection = Connection::Ended(ended);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if !again.swap(false, Ordering::Relaxed) {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The whole body, or why there is none.
async fn collect(mut body: Incoming) -> Result<Bytes, String> {
    let mut first: Option<Bytes> = None;
    let mut all = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|cause| Causes(&cause).to_string())?;
        let Ok(data) = frame.into_data() else { continue };
        if first.is_none() && all.is_empty() {
            first = Some(data);
            continue;
        }
        if let Some(first) = first.take() {
            all.extend_from_slice(&first);
        }
        if data.len() > MOST_REPLY - all.len() {
            return Err(format!("it is larger than {MOST_REPLY} bytes"));
        }
        all.extend_from_slice(&data);
    }
    Ok(first.unwrap_or_else(|| all.into()))
}
