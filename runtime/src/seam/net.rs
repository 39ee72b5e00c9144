//! Sockets: the only place they come from.

pub(crate) use tokio::net::{TcpListener, TcpStream};
