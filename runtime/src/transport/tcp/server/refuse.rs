//! Connections that there is no room for.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Place;
use crate::message::{CallError, Error, ErrorKind, Outcome};
use crate::seam::net::TcpStream;
use crate::seam::{clock, task};
use crate::transport::tcp::answer::{self, To};

/// How many are told so at once; more are just closed.
const MOST: usize = 64;
/// How long a peer may take to read it.
const LONGEST: Duration = Duration::from_secs(1);

/// Says that the listener is full, and that none of what the peer sent was taken.
pub(super) fn politely(stream: TcpStream, most: usize, lingering: &Arc<AtomicUsize>) {
    let Some(place) = Place::take(lingering, MOST) else { return };
    let text = format!(
        "the listener is full: {most} connections are open; try again later, or raise its `max_connections`"
    );
    let error = CallError::Bus(Error::new(ErrorKind::Overloaded, Outcome::NotDone, text));
    let mut out = Vec::new();
    To { id: None, origin: None, matchbus: false, receipt: None }.write(&mut out, &Err(error));
    answer::going_away(&mut out, 0);
    task::spawn(async move {
        say(stream, &out).await;
        drop(place);
    });
}

async fn say(mut stream: TcpStream, out: &[u8]) {
    let said = async {
        if stream.write_all(out).await.is_ok() {
            linger(&mut stream).await;
        }
    };
    tokio::select! {
        () = said => {}
        () = clock::sleep(LONGEST) => {}
    }
}

/// Ends the sending side and reads on until the peer is done: to close with bytes unread is a reset, which can destroy
/// what was just written.
pub(super) async fn linger(stream: &mut TcpStream) {
    let mut unread = [0; 1024];
    if stream.shutdown().await.is_ok() {
        while stream.read(&mut unread).await.is_ok_and(|read| read > 0) {}
    }
}

/// As [`linger`], but no longer than a second.
pub(super) async fn linger_a_moment(mut stream: TcpStream) {
    tokio::select! {
        () = linger(&mut stream) => {}
        () = clock::sleep(LONGEST) => {}
    }
}
