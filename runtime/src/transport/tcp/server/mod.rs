//! The listening side.

mod connection;
mod refuse;
mod running;
mod sends;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use super::DEFAULT_PORT;
use super::options;
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::net::{self, TcpListener, TcpStream};
use crate::seam::task::Tasks;
use crate::seam::{clock, task};
use crate::transport::tls::Arrived;
use crate::transport::{Door, Listener, Url};

/// How long a client may take to end its handshake when the listener drains: it may have sent its first message with it, and is
/// then told that this was not taken.
const GRACE: Duration = Duration::from_secs(1);

/// What a refused accept waits for: file descriptors run out, and come back.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

pub(super) async fn listen(url: &Url, options: options::Server, door: Door) -> Result<Listener, Error> {
    let cannot = |cause: std::io::Error| {
        let text = format!("cannot listen at `{url}`: {cause}; choose another port, or 0 for a free one");
        Error::new(ErrorKind::Start, Outcome::NotDone, text).with_source(cause)
    };
    let socket = net::bind(&url.authority(DEFAULT_PORT)).await.map_err(cannot)?;
    let port = socket.local_addr().map_err(cannot)?.port();
    let (listener, stop) = Listener::new(url.clone().with_port(port));
    task::spawn(serve(socket, options, door, stop));
    Ok(listener)
}

/// Accepts until the door closes, then lets the connections end; ends at once when told to stop.
async fn serve(socket: TcpListener, options: options::Server, door: Door, stop: oneshot::Receiver<()>) {
    // Dropping them ends them.
    let mut connections = Tasks::default();
    tokio::select! {
        biased;
        _ = stop => {}
        () = accept(socket, options, &door, &mut connections) => {}
    }
}

async fn accept(socket: TcpListener, options: options::Server, door: &Door, connections: &mut Tasks) {
    let lingering = Arc::new(AtomicUsize::new(0));
    let mut closed = std::pin::pin!(door.closed());
    loop {
        tokio::select! {
            biased;
            () = &mut closed => break,
            true = connections.one_ended() => {}
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) if connections.len() < options.max_connections => {
                    connections.spawn(serve_one(stream, options.clone(), door.clone()));
                }
                Ok((stream, _)) => {
                    refuse::politely(stream, options.tls.clone(), options.max_connections, &lingering);
                }
                Err(cause) => {
                    tracing::warn!(%cause, "cannot accept a TCP connection");
                    clock::sleep(AFTER_FAILURE).await;
                }
            },
        }
    }
    // Who has connected and was not accepted may have sent a message already. It is told that it was not taken; to close the
    // socket now would leave it in doubt. First the runtime hears of those who came while it worked.
    task::give_way().await;
    while connections.len() < options.max_connections
        && let Some(stream) = net::waiting(&socket).await
    {
        connections.spawn(serve_one(stream, options.clone(), door.clone()));
    }
    drop(socket);
    while connections.one_ended().await {}
}

/// Waits until the door closes, and a while more.
async fn closed_for_long(door: &Door) {
    door.closed().await;
    clock::sleep(GRACE).await;
}

async fn serve_one(stream: TcpStream, options: options::Server, door: Door) {
    // Without it answers are slow, not wrong.
    let _ = stream.set_nodelay(true);
    let ended = match options.tls.clone() {
        None => connection::run(stream, options, door).await,
        Some(tls) => tokio::select! {
            biased;
            () = closed_for_long(&door) => return,
            opened = tls.open(stream) => match opened {
                Arrived::Secure(stream) => connection::run(stream, options, door.clone()).await,
                Arrived::Plain(stream) => {
                    refuse::no_tls(stream).await;
                    return;
                }
                Arrived::Ended => return,
            }
        },
    };
    if let Err(cause) = ended {
        tracing::debug!(%cause, "a TCP connection ended");
    }
}

/// Counts one while it lives.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(places: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let place = Place(Arc::clone(places));
        (place.0.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
