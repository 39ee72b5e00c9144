//! The listening side.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

use matchbus::transport::{Door, Fault, Listener, Url};
use matchbus::{CallError, Error, ErrorReply, Result};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::frame::{self, Answered, Asked, What};

/// How many connections are served at once; more wait until they are accepted.
const MOST: usize = 1024;

pub(crate) fn listen(url: &Url, path: PathBuf, door: Door) -> Result<Listener> {
    let socket = UnixListener::bind(&path).map_err(|cause| Error::cannot_listen(url, cause))?;
    let (listener, stop) = Listener::new(url.clone());
    tokio::spawn(run(socket, Place(path), door, stop));
    Ok(listener)
}

/// The socket's file, gone when its listener is.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Serves until it is told to stop, or until the door closes and everybody has an answer.
async fn run(socket: UnixListener, place: Place, door: Door, stop: oneshot::Receiver<()>) {
    // Dropping the set drops the handlers that work for what is in it.
    let mut connections = JoinSet::new();
    tokio::select! {
        biased;
        // Also when the listener was dropped.
        _ = stop => {}
        () = serve(socket, place, &door, &mut connections) => {}
    }
}

async fn serve(socket: UnixListener, place: Place, door: &Door, connections: &mut JoinSet<()>) {
    let mut closed = pin!(door.closed());
    loop {
        tokio::select! {
            biased;
            () = &mut closed => break,
            Some(_) = connections.join_next() => {}
            accepted = socket.accept(), if connections.len() < MOST => match accepted {
                Ok((stream, _)) => drop(connections.spawn(answer(stream, door.clone()))),
                // Out of descriptors, most likely; they come back when a connection ends.
                Err(_) => tokio::task::yield_now().await,
            },
        }
    }
    // New callers find nobody. Those that have connected already are told by the door that nothing ran.
    drop(place);
    while let Some(stream) = next_at_once(&socket).await {
        connections.spawn(answer(stream, door.clone()));
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}

/// A connection that waits to be accepted.
async fn next_at_once(socket: &UnixListener) -> Option<UnixStream> {
    poll_fn(|cx| match socket.poll_accept(cx) {
        Poll::Ready(Ok((stream, _))) => Poll::Ready(Some(stream)),
        Poll::Ready(Err(_)) | Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Answers the one message of a connection.
async fn answer(mut stream: UnixStream, door: Door) {
    let Ok((asked, message)) = frame::read::<Asked>(&mut stream, door.limits().max_bytes()).await else {
        // Nobody who understands would read what could be said.
        return;
    };
    let (mut reader, mut writer) = stream.split();
    let answer = tokio::select! {
        biased;
        // Nothing more is to come but the end, and that says that nobody waits any more.
        () = end(&mut reader) => return,
        answer = work(&door, asked, &message) => answer,
    };
    let (about, reply) = match answer {
        Ok(reply) => (Answered::default(), reply),
        Err(error) => (Answered { fault: Some(Fault::of(&error)) }, Vec::new()),
    };
    // Who is gone does not want to know.
    let _ = frame::write(&mut writer, &about, &reply).await;
}

fn work<'a>(
    door: &'a Door,
    Asked { what, head }: Asked,
    message: &'a [u8],
) -> impl Future<Output = Result<Vec<u8>, CallError<ErrorReply>>> + 'a {
    let head = matchbus::transport::Head::from(head);
    async move {
        match what {
            What::Catalogue => Ok(door.catalogue().into_bytes()),
            What::Call if !head.published => door.call(message, head).await,
            What::Call | What::Send => Ok(door.send(message, head).await.map(|()| Vec::new())?),
        }
    }
}

async fn end(reader: &mut (impl AsyncRead + Unpin)) {
    let mut nothing = [0; 16];
    while reader.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}
