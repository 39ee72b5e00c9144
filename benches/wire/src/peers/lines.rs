//! A bare protocol, which is as little as a protocol for calls over one connection can be: lines of JSON with ids, all
//! lines of one read answered in one write, the writes of all callers gathered. No errors, deadlines, cancelling, routing.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use crate::drive::Op;
use crate::message::{Total, Whole, check};
use crate::process;

#[derive(Deserialize)]
struct Asked<'a> {
    i: u64,
    #[serde(borrow)]
    m: &'a RawValue,
}

#[derive(Deserialize)]
struct Answered {
    i: u64,
    r: Total,
}

pub(crate) async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    process::ready(listener.local_addr().expect("it is bound").port());
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).expect("a socket can be told that");
    let (mut bytes, mut out) = (Vec::with_capacity(256 * 1024), Vec::with_capacity(256 * 1024));
    while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &bytes[start..]) {
            let asked: Asked<'_> =
                serde_json::from_slice(&bytes[start..start + length]).expect("a client asks");
            let add: Whole = serde_json::from_str(asked.m.get()).expect("a client asks for a total");
            write!(out, "{{\"i\":{},\"r\":", asked.i).expect("memory can be written");
            serde_json::to_writer(&mut out, &Total::of(add.qty, add.price)).expect("memory can be written");
            out.extend_from_slice(b"}\n");
            start += length + 1;
        }
        bytes.drain(..start);
        if stream.write_all(&out).await.is_err() {
            return;
        }
        out.clear();
    }
}

/// One connection.
pub(crate) struct Lines {
    shared: Arc<Shared>,
    next: AtomicU64,
    message: Whole,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    out: Vec<u8>,
    waiting: HashMap<u64, oneshot::Sender<Total>>,
}

impl Shared {
    fn with<R>(&self, use_it: impl FnOnce(&mut State) -> R) -> R {
        use_it(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lines {
    pub(crate) async fn open(port: u16, message: Whole) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket can be told that");
        let (reader, writer) = stream.into_split();
        let shared = Arc::<Shared>::default();
        tokio::spawn(write(Arc::clone(&shared), writer));
        tokio::spawn(read(Arc::clone(&shared), reader));
        Lines { shared, next: AtomicU64::new(0), message }
    }
}

async fn write(shared: Arc<Shared>, mut writer: OwnedWriteHalf) {
    let mut out = Vec::with_capacity(64 * 1024);
    loop {
        shared.wake.notified().await;
        loop {
            shared.with(|state| std::mem::swap(&mut state.out, &mut out));
            if out.is_empty() {
                break;
            }
            if writer.write_all(&out).await.is_err() {
                return;
            }
            out.clear();
        }
    }
}

async fn read(shared: Arc<Shared>, mut reader: OwnedReadHalf) {
    let (mut bytes, mut done) = (Vec::with_capacity(64 * 1024), Vec::new());
    while reader.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
        let mut start = 0;
        shared.with(|state| {
            while let Some(length) = memchr::memchr(b'\n', &bytes[start..]) {
                let answered: Answered =
                    serde_json::from_slice(&bytes[start..start + length]).expect("the server answers");
                done.push((state.waiting.remove(&answered.i), answered.r));
                start += length + 1;
            }
        });
        for (waiting, total) in done.drain(..) {
            let _ = waiting.expect("somebody waits for each answer").send(total);
        }
        bytes.drain(..start);
    }
}

impl Op for Lines {
    async fn call(&self, _: usize) {
        let (tell, told) = oneshot::channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let first = self.shared.with(|State { out, waiting }| {
            let first = out.is_empty();
            write!(out, "{{\"i\":{id},\"m\":").expect("memory can be written");
            serde_json::to_writer(&mut *out, &self.message).expect("memory can be written");
            out.extend_from_slice(b"}\n");
            waiting.insert(id, tell);
            first
        });
        if first {
            self.shared.wake.notify_one();
        }
        check(told.await.expect("the server answers"));
    }
}
