//! An HTTP client that does as little as can be done: a connection per lane, one write, and reads until the reply is
//! whole. What it measures is the server.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::drive::{Op, closed_loop};
use crate::message::{Whole, check, decode, encode};

/// Connections to one server.
pub(crate) struct Raw {
    lanes: Vec<Mutex<Lane>>,
    head: String,
    message: Whole,
}

struct Lane {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Raw {
    /// So many connections, for calls to a path.
    pub(crate) async fn open(port: u16, path: &str, lanes: usize, message: Whole) -> Self {
        let mut raw = Raw { lanes: Vec::new(), message, head: head(path) };
        for _ in 0..lanes {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
            stream.set_nodelay(true).expect("a socket can be told that");
            raw.lanes.push(Mutex::new(Lane { stream, bytes: Vec::with_capacity(8 * 1024) }));
        }
        raw
    }

    /// Uses all connections for a while.
    pub(crate) async fn use_all(self, slice: Duration) -> Self {
        let it = Arc::new(self);
        closed_loop(Arc::clone(&it), it.lanes.len(), slice).await;
        Arc::into_inner(it).expect("the lanes have ended")
    }

    /// The same connections, for another message.
    pub(crate) fn with(self, message: Whole) -> Self {
        Raw { message, ..self }
    }
}

fn head(path: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ")
}

impl Op for Raw {
    async fn call(&self, lane: usize) {
        let mut lane = self.lanes[lane].lock().await;
        let Lane { stream, bytes } = &mut *lane;
        let body = encode(&self.message);
        bytes.clear();
        bytes.extend_from_slice(self.head.as_bytes());
        bytes.extend_from_slice(body.len().to_string().as_bytes());
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&body);
        stream.write_all(bytes).await.expect("the server reads");
        bytes.clear();
        while stream.read_buf(bytes).await.expect("the server answers") > 0 {
            if let Some(body) = body_of(bytes) {
                return check(decode(body));
            }
        }
        panic!("the server closed the connection");
    }
}

/// The body of a reply that is whole.
fn body_of(reply: &[u8]) -> Option<&[u8]> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(reply).expect("the server speaks HTTP") else {
        return None;
    };
    assert_eq!(parsed.code, Some(200));
    let length = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = str::from_utf8(length.expect("the reply has a length").value)
        .ok()
        .and_then(|length| length.parse().ok())
        .expect("a length is a number");
    reply.get(head..head + length)
}
