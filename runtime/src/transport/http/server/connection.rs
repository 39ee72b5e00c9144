//! One connection, from its first byte to its last.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Poll, ready};
use std::time::Duration;

use hyper::header::{self, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;

use super::desk::Desk;
use super::listen;
use super::straight::{self, Then};
use super::stream::{Opened, Stream, Version, open};
use super::told;
use crate::seam::clock::{self, Instant};
use crate::seam::net::TcpStream;
use crate::seam::rarely::Rarely;
use crate::seam::task;
use crate::transport::tls::{Acceptor, Arrived};

/// How long a draining listener waits for requests that are on their way over connections that seem idle. Closing such a
/// connection at once would leave its client in doubt; a request that still comes is told that nothing ran.
const GRACE: Duration = Duration::from_secs(1);

/// The largest head, and how much of a body is read at once.
pub(super) const BUFFER: usize = 16 * 1024;

/// Where the listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    Draining,
}

/// What the listener tells its connections; that it is gone ends them at once.
pub(super) type Phases = watch::Receiver<Phase>;

/// Serves a connection to its end.
pub(super) async fn serve(stream: impl Stream, desk: Arc<Desk>, patience: Duration, phases: Phases) {
    let opened = tokio::select! {
        biased;
        () = gone(phases.clone()) => return,
        () = drained(phases.clone(), GRACE) => return,
        opened = clock::within(patience, open(stream)) => opened,
    };
    let Some(Ok(Some((version, stream)))) = opened else { return };
    let busy = Busy::new(desk, patience);
    // How a connection ends is the client's affair: there is nobody here to tell.
    match version {
        Version::Http1 => http1(stream, &busy, phases).await,
        // On the heap, so that a connection of the other version does not carry the room for it.
        Version::Http2 => Box::pin(http2(stream, Arc::new(busy), phases)).await,
    }
}

/// As [`serve`], under TLS. The handshake is the client's to end in time, like everything else that it begins.
pub(super) async fn serve_secure(
    stream: TcpStream,
    tls: Acceptor,
    desk: Arc<Desk>,
    patience: Duration,
    phases: Phases,
) {
    let opened = tokio::select! {
        biased;
        () = gone(phases.clone()) => return,
        () = drained(phases.clone(), GRACE) => return,
        opened = tls.open(stream) => opened,
    };
    match opened {
        Arrived::Secure(stream) => serve(stream, desk, patience, phases).await,
        Arrived::Plain(stream) => listen::tell(stream, &told::no_tls()).await,
        Arrived::Ended => {}
    }
}

/// HTTP/1.1: what is simple, as nearly all messages are, is answered here; with the first request that is not, hyper takes
/// the connection over.
async fn http1<S: Stream>(stream: Opened<S>, busy: &Busy, phases: Phases) {
    let closing = AtomicBool::new(false);
    let connection = pin!(straight::serve(stream, busy, &closing));
    let close = |_: Pin<&mut _>| closing.store(true, Ordering::Relaxed);
    // Both on the heap, so that a connection does not carry the room for them.
    match drive(connection, close, GRACE, busy, phases.clone()).await {
        Some(Then::Hyper(stream)) => Box::pin(by_hyper(stream, busy, phases)).await,
        Some(Then::Ended(stream)) => Box::pin(lingering(stream, busy, phases)).await,
        None => {}
    }
}

async fn by_hyper<S: Stream>(stream: Opened<S>, busy: &Busy, phases: Phases) {
    let service = service_fn(move |request| async move {
        let _running = Running::enter(busy);
        let mut reply = busy.desk.serve_itself(request).await;
        if let (Ok(reply), false) = (&mut reply, busy.desk.door.is_ready()) {
            reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(BUFFER)
        // In a queue that takes one reply: what `pipeline_flush` gathers, of a client that asks and does not read, has no bound.
        .writev(true)
        .serve_connection(TokioIo::new(stream), service);
    let ended =
        drive(Pin::new(&mut connection), http1::Connection::graceful_shutdown, GRACE, busy, phases.clone())
            .await;
    // The last answer may be a refusal, after which the client still sends: a large body, or what is no request (hyper
    // has told it by 400 or 431). Where the client has closed already this ends at once.
    if ended.is_some_and(|ended| ended.map_or_else(|error| error.is_parse(), |()| true)) {
        let stream = connection.into_parts().io.into_inner();
        lingering(stream, busy, phases).await;
    }
}

/// Waits for the client's end, as long as it may take for anything, and no longer once the listener stops.
async fn lingering(stream: impl Stream, busy: &Busy, phases: Phases) {
    tokio::select! {
        () = gone(phases.clone()) => {}
        () = drained(phases, Duration::ZERO) => {}
        () = listen::linger(stream, busy.patience) => {}
    }
}

async fn http2<S: Stream>(stream: Opened<S>, busy: Arc<Busy>, phases: Phases) {
    let desk = Arc::clone(&busy);
    let service = service_fn(move |request| {
        let busy = Arc::clone(&desk);
        async move {
            let _running = Running::enter(&busy);
            busy.desk.serve(request).await
        }
    });
    let connection = http2::Builder::new(Tasks)
        .max_header_list_size(16 * 1024)
        .max_concurrent_streams(256)
        .max_send_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // HTTP/2 tells its client which requests were taken, so it needs no grace.
    let connection = pin!(connection);
    drive(connection, http2::Connection::graceful_shutdown, Duration::ZERO, &busy, phases).await;
}

/// Runs a connection until it ends by itself, as it then says, waits too long for its client, or must stop.
async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    close: impl Fn(Pin<&mut C>),
    grace: Duration,
    busy: &Busy,
    phases: Phases,
) -> Option<C::Output> {
    let mut idle = pin!(busy.idle_too_long());
    let mut gone = pin!(gone(phases.clone()));
    let mut drained = pin!(drained(phases, grace));
    let mut draining = false;
    let mut end = pin!(Rarely::new(poll_fn(|cx| {
        if !draining && drained.as_mut().poll(cx).is_ready() {
            draining = true;
            return Poll::Ready(End::Close);
        }
        if gone.as_mut().poll(cx).is_ready() {
            return Poll::Ready(End::Now);
        }
        idle.as_mut().poll(cx).map(|()| End::Now)
    })));
    poll_fn(|cx| {
        loop {
            // First, so that a request that has just come counts.
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Some(ended));
            }
            match ready!(end.as_mut().poll(cx)) {
                End::Close => close(connection.as_mut()),
                End::Now => return Poll::Ready(None),
            }
        }
    })
    .await
}

/// How a connection ends that does not end by itself.
enum End {
    /// After what runs.
    Close,
    Now,
}

/// Waits until the listener is gone.
async fn gone(mut phases: Phases) {
    // Only its end ends this.
    let _ = phases.wait_for(|_| false).await;
}

/// Waits until the listener drains, and a while more.
async fn drained(mut phases: Phases, grace: Duration) {
    let _ = phases.wait_for(|now| *now == Phase::Draining).await;
    clock::sleep(grace).await;
}

/// What runs on a connection, so that waiting for the client is told from working for it.
pub(super) struct Busy {
    pub(super) desk: Arc<Desk>,
    /// How long the client may take for a head, for reading a reply, and between two requests.
    patience: Duration,
    start: Instant,
    running: AtomicUsize,
    /// When the last request ended, in milliseconds after the start.
    ended: AtomicU64,
}

impl Busy {
    fn new(desk: Arc<Desk>, patience: Duration) -> Self {
        Busy { desk, patience, start: clock::now(), running: AtomicUsize::new(0), ended: AtomicU64::new(0) }
    }

    /// Waits until nothing ran for as long as a client is waited for. One timer for the whole life of a connection:
    /// it looks again when it would have been time, so a request costs no timer.
    async fn idle_too_long(&self) {
        let mut next = self.start + self.patience;
        loop {
            clock::sleep_until(next).await;
            next = match self.running.load(Ordering::Relaxed) {
                0 => self.start + Duration::from_millis(self.ended.load(Ordering::Relaxed)) + self.patience,
                _ => clock::now() + self.patience,
            };
            if next <= clock::now() {
                return;
            }
        }
    }
}

/// One request that is being answered.
pub(super) struct Running<'a>(&'a Busy);

impl<'a> Running<'a> {
    pub(super) fn enter(busy: &'a Busy) -> Self {
        busy.running.fetch_add(1, Ordering::Relaxed);
        Running(busy)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let elapsed = clock::now().saturating_duration_since(self.0.start);
        self.0.ended.store(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs the streams of HTTP/2.
#[derive(Clone, Copy, Debug)]
struct Tasks;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        task::spawn(future);
    }
}
