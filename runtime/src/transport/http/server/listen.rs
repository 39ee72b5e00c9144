//! Accepting connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::connection::{self, Phase};
use super::desk::Desk;
use super::stream::Stream;
use super::told;
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::net::{self, TcpListener, TcpStream};
use crate::seam::{clock, task};
use crate::transport::http::settings::{Dialect, Listening};
use crate::transport::tls::{Acceptor, Arrived};
use crate::transport::{Door, Listener, Tls, Url};

/// How many connections over the limit are told so at once; more are closed without a word.
const TOLD_AT_ONCE: usize = 64;

/// How long a client may take to read what it is told.
const TELLING: Duration = Duration::from_secs(1);

pub(in crate::transport::http) async fn listen(url: &Url, tls: &Tls, door: Door) -> Result<Listener, Error> {
    let settings = Listening::of(url, tls)?;
    let port = url.port().unwrap_or(Dialect::of(url).default_port(url));
    let cannot = |cause: std::io::Error| {
        let text = format!(
            "cannot listen at `{url}` (port {port}): {cause}; choose a free port and an address of this host"
        );
        Error::new(ErrorKind::Start, Outcome::NotDone, text).with_source(cause)
    };
    let socket = net::bind(&url.authority(port)).await.map_err(cannot)?;
    let port = socket.local_addr().map_err(cannot)?.port();
    let (listener, stop) = Listener::new(url.clone().with_port(port));
    let desk = Arc::new(Desk { door, answering: settings.answering });
    let accepting = Accepting { desk, idle: settings.idle, tls: settings.tls };
    task::spawn(run(socket, accepting, settings.connections, stop));
    Ok(listener)
}

/// What each connection of a listener is served with.
#[derive(Clone)]
struct Accepting {
    desk: Arc<Desk>,
    idle: Duration,
    tls: Option<Acceptor>,
}

async fn run(socket: TcpListener, accepting: Accepting, most: usize, mut stop: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(most));
    let told = Arc::new(Semaphore::new(TOLD_AT_ONCE));
    let (phase, phases) = watch::channel(Phase::Open);
    loop {
        tokio::select! {
            biased;
            // Dropping `phase` ends the connections.
            _ = &mut stop => return,
            () = accepting.desk.door.closed() => break,
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => start(stream, place, &accepting, &phases),
                    Err(_) => refuse(stream, accepting.tls.clone(), &told),
                },
                Err(cause) => rest(&cause).await,
            },
        }
    }
    // Who has connected and was not accepted may have sent a request already, and is told that nothing ran. First the runtime
    // hears of those who came while it worked.
    task::give_way().await;
    while let Ok(place) = Arc::clone(&places).try_acquire_owned()
        && let Some(stream) = net::waiting(&socket).await
    {
        start(stream, place, &accepting, &phases);
    }
    drop((socket, phases));
    phase.send_replace(Phase::Draining);
    tokio::select! {
        _ = stop => {}
        () = phase.closed() => {}
    }
}

fn start(stream: TcpStream, place: OwnedSemaphorePermit, accepting: &Accepting, phases: &connection::Phases) {
    // A reply is one write: it should leave at once.
    let _ = stream.set_nodelay(true);
    let (Accepting { desk, idle, tls }, phases) = (accepting.clone(), phases.clone());
    task::spawn(async move {
        match tls {
            None => connection::serve(stream, desk, idle, phases).await,
            // On the heap, so that a plain connection does not carry the room for TLS.
            Some(tls) => Box::pin(connection::serve_secure(stream, tls, desk, idle, phases)).await,
        }
        drop(place);
    });
}

/// Tells one client too many, and waits a moment for it to read that: closing while its bytes are unread would take
/// the answer from it.
fn refuse(stream: TcpStream, tls: Option<Acceptor>, told: &Arc<Semaphore>) {
    let Ok(place) = Arc::clone(told).try_acquire_owned() else { return };
    task::spawn(async move {
        let telling = async {
            match tls {
                None => tell(stream, &told::full()).await,
                Some(tls) => match Box::pin(tls.open(stream)).await {
                    Arrived::Secure(stream) => tell(stream, &told::full()).await,
                    Arrived::Plain(stream) => tell(stream, &told::no_tls()).await,
                    Arrived::Ended => {}
                },
            }
        };
        let _ = clock::within(TELLING, telling).await;
        drop(place);
    });
}

/// Says one thing and closes. The client is told or it is gone.
pub(super) async fn tell(mut stream: impl Stream, what: &[u8]) {
    let telling = async {
        if stream.write_all(what).await.is_ok() {
            linger(stream, TELLING).await;
        }
    };
    let _ = clock::within(TELLING, telling).await;
}

/// Closes one direction, and reads on until the client closes the other: what is closed with bytes unread is reset, and
/// a reset can take from the client the answer that it has not read yet (RFC 9112, 9.6).
pub(super) async fn linger(mut stream: impl Stream, most: Duration) {
    let lingering = async {
        stream.shutdown().await?;
        let mut unread = vec![0; 16 * 1024];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = clock::within(most, lingering).await;
}

/// Out of descriptors, most likely: trying again at once would only burn the processor.
async fn rest(cause: &std::io::Error) {
    tracing::warn!(%cause, "a connection could not be accepted");
    clock::sleep(Duration::from_millis(50)).await;
}
