//! A network that can be broken: a proxy between callers and a worker, on this machine.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchbus::transport::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::Result;
use crate::worker::{Random, free_port};

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// What it should.
    Pass,
    /// Each way takes between the two times.
    Delay(Duration, Duration),
    /// So many bytes a second over each connection and way.
    Slow(u32),
    /// One byte in each packet.
    Bytes,
    /// One piece in so many is passed on half, and its connection ends.
    CutMidFrame(u64),
    /// Connections are reset, and new ones too, at once.
    Refuse,
    /// Nothing passes; it is passed later, as the system's own network would.
    HoldAll,
    /// No reply passes.
    HoldReplies,
    /// Over the connections that are there nothing will pass any more, and nobody is told; new ones are well.
    HalfOpen,
}

/// A proxy that ends when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    url: Url,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    mode: watch::Sender<Mode>,
    /// Counts up when all connections are to be reset.
    resets: watch::Sender<u64>,
    /// Connections before this number are half open.
    half_open_before: AtomicU64,
    connections: AtomicU64,
}

impl Proxy {
    /// One before this address.
    pub(crate) async fn before(url: &Url) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", free_port()?)).await?;
        let port = listener.local_addr()?.port();
        let upstream = format!("127.0.0.1:{}", url.port().unwrap_or(0));
        let shared = Arc::new(Shared {
            mode: watch::Sender::new(Mode::Pass),
            resets: watch::Sender::new(0),
            half_open_before: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let accepting = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    let number = shared.connections.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(connection(Arc::clone(&shared), number, near, upstream.clone()));
                }
            }
        });
        Ok(Proxy { url: url.clone().with_port(port), shared, accepting })
    }

    pub(crate) fn address(&self) -> &Url {
        &self.url
    }

    pub(crate) fn set(&self, mode: Mode) {
        if mode == Mode::HalfOpen {
            let made = self.shared.connections.load(Ordering::Relaxed);
            self.shared.half_open_before.store(made, Ordering::Relaxed);
        }
        self.shared.mode.send_replace(mode);
        if mode == Mode::Refuse {
            self.reset();
        }
    }

    /// All connections that are there now get a reset.
    pub(crate) fn reset(&self) {
        self.shared.resets.send_modify(|resets| *resets += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset();
    }
}

async fn connection(shared: Arc<Shared>, number: u64, mut near: TcpStream, upstream: String) {
    let mut resets = shared.resets.subscribe();
    if *shared.mode.borrow() == Mode::Refuse {
        // It may be gone already.
        let _ = near.set_zero_linger();
        return;
    }
    let Ok(mut far) = TcpStream::connect(upstream).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let reset = {
        let ((near_reader, near_writer), (far_reader, far_writer)) = (near.split(), far.split());
        let up = Way { shared: &shared, number, replies: false };
        let down = Way { shared: &shared, number, replies: true };
        tokio::select! {
            () = up.pump(near_reader, far_writer) => false,
            () = down.pump(far_reader, near_writer) => false,
            _ = resets.changed() => true,
        }
    };
    if reset {
        let _ = (near.set_zero_linger(), far.set_zero_linger());
    }
}

/// One way of one connection.
#[derive(Clone, Copy)]
struct Way<'a> {
    shared: &'a Shared,
    number: u64,
    replies: bool,
}

impl Way<'_> {
    fn mode(&self) -> Mode {
        *self.shared.mode.borrow()
    }

    /// Ends when the connection is to end.
    async fn pump(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let (put, mut take) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let reading = async move {
            let mut random = Random::new();
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let read = from.read(&mut buffer).await.unwrap_or(0);
                let wait = match self.mode() {
                    Mode::Delay(least, most) => {
                        let spread = u64::try_from((most.saturating_sub(least)).as_micros()).unwrap_or(0);
                        least + Duration::from_micros(random.below(spread))
                    }
                    _ => Duration::ZERO,
                };
                // An empty one is the end.
                if put.send((Instant::now() + wait, buffer[..read].to_vec())).is_err() || read == 0 {
                    return pending::<()>().await;
                }
            }
        };
        let writing = async {
            let mut random = Random::new();
            while let Some((due, piece)) = take.recv().await {
                sleep_until(due).await;
                self.open().await;
                if piece.is_empty() || self.write(&mut to, &piece, &mut random).await.is_none() {
                    return;
                }
            }
        };
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
    }

    /// Waits while nothing may pass.
    async fn open(&self) {
        if self.number < self.shared.half_open_before.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        let mut modes = self.shared.mode.subscribe();
        let passes = |mode: &Mode| match mode {
            Mode::HoldAll => false,
            Mode::HoldReplies => !self.replies,
            _ => true,
        };
        // It is only closed when the proxy is gone.
        let _ = modes.wait_for(passes).await;
    }

    /// `None` when the connection is to end.
    async fn write(
        &self,
        to: &mut (impl AsyncWrite + Unpin),
        piece: &[u8],
        random: &mut Random,
    ) -> Option<()> {
        match self.mode() {
            Mode::Slow(rate) => {
                for part in piece.chunks(512) {
                    to.write_all(part).await.ok()?;
                    sleep(Duration::from_secs(1) * u32::try_from(part.len()).unwrap_or(1) / rate).await;
                }
                Some(())
            }
            Mode::Bytes => {
                for byte in piece {
                    to.write_all(&[*byte]).await.ok()?;
                }
                Some(())
            }
            Mode::CutMidFrame(one_in) if random.below(one_in) == 0 => {
                to.write_all(&piece[..piece.len() / 2]).await.ok()?;
                None
            }
            _ => to.write_all(piece).await.ok(),
        }
    }
}
