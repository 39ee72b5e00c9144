//! An HTTP client that does as little as can be done: a connection per lane, the same bytes with each request, one write, and reads
//! until the reply is whole. What it measures is the server: what it costs itself, both servers pay for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::drive::{Op, closed_loop};
use crate::message::{Whole, check, decode, encode};

/// Connections to one server.
pub(crate) struct Raw {
    lanes: Vec<Mutex<Lane>>,
    path: String,
    request: Vec<u8>,
    /// The body of the first reply, which was the right one: one that ends with it needs no second look.
    right: OnceLock<Vec<u8>>,
}

struct Lane {
    stream: TcpStream,
    reply: Vec<u8>,
}

impl Raw {
    /// So many connections, for calls to a path.
    pub(crate) async fn open(port: u16, path: &str, lanes: usize, message: Whole) -> Self {
        let request = request(path, &message);
        let mut raw = Raw { lanes: Vec::new(), path: path.to_owned(), request, right: OnceLock::new() };
        for _ in 0..lanes {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
            stream.set_nodelay(true).expect("a socket can be told that");
            raw.lanes.push(Mutex::new(Lane { stream, reply: Vec::with_capacity(8 * 1024) }));
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
    pub(crate) fn with(self, message: &Whole) -> Self {
        Raw { request: request(&self.path, message), ..self }
    }

    /// Whether a reply is whole; a wrong one ends the run.
    fn is_whole(&self, reply: &[u8]) -> bool {
        let is_right = |right: &Vec<u8>| reply.ends_with(right) && reply.starts_with(b"HTTP/1.1 200 ");
        if self.right.get().is_some_and(is_right) {
            return true;
        }
        let Some(body) = body_of(reply) else { return false };
        check(decode(body));
        // Another reply may have been first.
        let _ = self.right.set(body.to_vec());
        true
    }
}

fn request(path: &str, message: &Whole) -> Vec<u8> {
    let body = encode(message);
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    request
}

impl Op for Raw {
    async fn call(&self, lane: usize) {
        let mut lane = self.lanes[lane].lock().await;
        let Lane { stream, reply } = &mut *lane;
        stream.write_all(&self.request).await.expect("the server reads");
        reply.clear();
        while stream.read_buf(reply).await.expect("the server answers") > 0 {
            if self.is_whole(reply) {
                return;
            }
        }
        panic!("the server closed the connection, after {:?}", String::from_utf8_lossy(reply));
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
