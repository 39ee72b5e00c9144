//! Connections that there is no room for.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Place;
use crate::message::{CallError, Error, ErrorKind, Outcome};
use crate::seam::net::TcpStream;
use crate::seam::{clock, task};
use crate::transport::tcp::answer::{self, To};
use crate::transport::tcp::halves::Stream;
use crate::transport::tls::{Acceptor, Arrived};

/// How many are told so at once; more are just closed.
const MOST: usize = 64;
/// How long a peer may take to read it.
const LONGEST: Duration = Duration::from_secs(1);

/// For whoever connected: no request was read, so a link must learn all from this, and a Seneca ignores what it does not
/// know.
const TO_ALL: To<'_> = To { id: None, origin: None, matchbus: true, receipt: None };

/// Says that the listener is full, and that none of what the peer sent was taken.
pub(super) fn politely(stream: TcpStream, tls: Option<Acceptor>, most: usize, lingering: &Arc<AtomicUsize>) {
    let Some(place) = Place::take(lingering, MOST) else { return };
    let text = format!(
        "the listener is full: {most} connections are open; try again later, or raise its `max_connections`"
    );
    let error = CallError::Bus(Error::new(ErrorKind::Overloaded, Outcome::NotDone, text));
    let mut out = Vec::new();
    TO_ALL.write(&mut out, &Err(error));
    answer::going_away(&mut out, 0);
    task::spawn(async move {
        let told = async {
            match tls {
                None => say(stream, &out).await,
                Some(tls) => match tls.open(stream).await {
                    Arrived::Secure(stream) => say(stream, &out).await,
                    Arrived::Plain(stream) => no_tls(stream).await,
                    Arrived::Ended => {}
                },
            }
        };
        tokio::select! {
            () = told => {}
            () = clock::sleep(LONGEST) => {}
        }
        drop(place);
    });
}

/// Tells a peer that speaks no TLS that this port wants it.
pub(super) async fn no_tls(stream: TcpStream) {
    let text = "this port speaks TLS; write tcps:// in the address";
    let error = CallError::Bus(Error::usage(text));
    let mut out = Vec::new();
    TO_ALL.write(&mut out, &Err(error));
    answer::going_away(&mut out, 0);
    say(stream, &out).await;
}

async fn say(stream: impl Stream, out: &[u8]) {
    let (mut reader, mut writer) = stream.halves();
    let said = async {
        if writer.write_all(out).await.is_ok() {
            linger(&mut reader, &mut writer).await;
        }
    };
    tokio::select! {
        () = said => {}
        () = clock::sleep(LONGEST) => {}
    }
}

/// Ends the sending side and reads on until the peer is done: to close with bytes unread is a reset, which can destroy
/// what was just written.
async fn linger(reader: &mut (impl AsyncRead + Unpin), writer: &mut (impl AsyncWrite + Unpin)) {
    let mut unread = [0; 1024];
    if writer.shutdown().await.is_ok() {
        while reader.read(&mut unread).await.is_ok_and(|read| read > 0) {}
    }
}

/// As [`linger`], but no longer than a second.
pub(super) async fn linger_a_moment(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
) {
    tokio::select! {
        () = linger(reader, writer) => {}
        () = clock::sleep(LONGEST) => {}
    }
}
