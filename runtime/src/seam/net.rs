//! Sockets: the only place that knows whose they are. A simulation puts its own network here.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

pub(crate) use tokio::net::{TcpListener, TcpStream};

/// Listens at `host:port`.
pub(crate) async fn bind(address: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Connects to `host:port`. Small frames leave at once: whoever writes gathers them first.
pub(crate) async fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One who has connected already and was not yet accepted, if there is one.
pub(crate) async fn waiting(socket: &TcpListener) -> Option<TcpStream> {
    poll_fn(|cx| match socket.poll_accept(cx) {
        Poll::Ready(Ok((stream, _))) => Poll::Ready(Some(stream)),
        Poll::Ready(Err(_)) | Poll::Pending => Poll::Ready(None),
    })
    .await
}
