//! Sockets: the only place that knows whose they are. A simulation puts its own network here.

use std::io;

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
