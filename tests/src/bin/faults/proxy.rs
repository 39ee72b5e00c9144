//! A network that can be broken: a proxy between callers and a worker, on this machine.

use std::collections::HashSet;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchbus::transport::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

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
    /// One piece in so many is lost, and so is each of its repeats. A proxy cannot lose what it has acknowledged, so it does
    /// what a loss looks like from above: all that comes after the piece waits with it until a time-out of the system's would
    /// have repeated it. One connection in so many is late by the time-out of its first packet, and one piece in so many
    /// hundred is never repeated: its connection is reset.
    Loss(u64),
    /// One piece in so many is passed on half, and its connection ends.
    CutMidFrame(u64),
    /// Connections are reset, and new ones too, at once.
    Refuse,
    /// Nothing passes, and who wants to connect hears nothing.
    Cut,
    /// Nothing passes, and new connections are made all the same; it is passed later, as the system's own network would.
    HoldAll,
    /// No reply passes.
    HoldReplies,
    /// No request passes.
    HoldRequests,
    /// Over the connections that are there nothing will pass any more, and nobody is told; new ones are well.
    HalfOpen,
}

/// How many connections the system takes in that nobody has accepted.
const BACKLOG: u32 = 128;
/// What one way of a connection holds, in pieces; then the sender has to wait.
const HELD: usize = 1_024;
/// The system's times until it sends again what was not acknowledged: the least one, and that of a connection's first packet.
const REPEAT: Duration = Duration::from_millis(200);
const REPEAT_FIRST: Duration = Duration::from_secs(1);
/// How long what was held may take to pass: several repeats in a row, and more.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// How many pieces are on their way.
    held: watch::Sender<usize>,
}

/// One piece on its way, until it has arrived or its connection has ended.
struct Held<'a>(&'a Shared);

impl<'a> Held<'a> {
    fn one(shared: &'a Shared) -> Self {
        shared.held.send_if_modified(|held| {
            *held += 1;
            false
        });
        Held(shared)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.send_if_modified(|held| {
            *held -= 1;
            *held == 0
        });
    }
}

impl Proxy {
    /// One before this address.
    pub(crate) async fn before(url: &Url) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, free_port()?).into())?;
        let listener = socket.listen(BACKLOG)?;
        let port = listener.local_addr()?.port();
        let upstream = format!("127.0.0.1:{}", url.port().unwrap_or(0));
        let shared = Arc::new(Shared {
            mode: watch::Sender::new(Mode::Pass),
            resets: watch::Sender::new(0),
            half_open_before: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            held: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(Arc::clone(&shared), listener, upstream));
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

    /// Waits until nothing is on its way any more.
    pub(crate) async fn empty(&self) -> Result<()> {
        let mut held = self.shared.held.subscribe();
        let empty = timeout(PATIENCE, held.wait_for(|held| *held == 0)).await;
        let Ok(Ok(_)) = empty else { return Err("the proxy still holds what came long ago".into()) };
        Ok(())
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

async fn accept(shared: Arc<Shared>, listener: TcpListener, upstream: String) {
    let mut modes = shared.mode.subscribe();
    let mut ours = HashSet::new();
    loop {
        if *modes.borrow_and_update() == Mode::Cut {
            // While the system has no place for more it answers nobody who wants to connect.
            let full = fill(&listener).await;
            ours.extend(full.iter().filter_map(|one| one.local_addr().ok()));
            if modes.wait_for(|mode| *mode != Mode::Cut).await.is_err() {
                return;
            }
        }
        let accepted = tokio::select! {
            biased;
            _ = modes.changed() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((_, from)) if ours.remove(&from) => {}
            Ok((near, _)) => {
                let number = shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connection(Arc::clone(&shared), number, near, upstream.clone()));
            }
            Err(_) => return,
        }
    }
}

/// Connections of our own that nobody accepts, as many as the system takes in.
async fn fill(listener: &TcpListener) -> Vec<TcpStream> {
    let mut all = Vec::new();
    let Ok(address) = listener.local_addr() else { return all };
    while let Ok(Ok(one)) =
        timeout(Duration::from_millis(50), TcpStream::connect::<SocketAddr>(address)).await
    {
        all.push(one);
    }
    all
}

async fn connection(shared: Arc<Shared>, number: u64, mut near: TcpStream, upstream: String) {
    let mut resets = shared.resets.subscribe();
    let mode = *shared.mode.borrow();
    match mode {
        Mode::Refuse => {
            // It may be gone already.
            let _ = near.set_zero_linger();
            return;
        }
        Mode::Loss(one_in) if Random::new().below(one_in) == 0 => sleep(REPEAT_FIRST).await,
        _ => {}
    }
    let Ok(mut far) = TcpStream::connect(upstream).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let reset = {
        let ((near_reader, near_writer), (far_reader, far_writer)) = (near.split(), far.split());
        let up = Way { shared: &shared, number, replies: false };
        let down = Way { shared: &shared, number, replies: true };
        tokio::select! {
            end = up.pump(near_reader, far_writer) => end == End::Reset,
            end = down.pump(far_reader, near_writer) => end == End::Reset,
            _ = resets.changed() => true,
        }
    };
    if reset {
        let _ = (near.set_zero_linger(), far.set_zero_linger());
    }
}

/// How a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Close,
    Reset,
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
    async fn pump(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> End {
        let (put, mut take) = mpsc::channel::<(Instant, Vec<u8>, Held<'_>)>(HELD);
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
                let piece = (Instant::now() + wait, buffer[..read].to_vec(), Held::one(self.shared));
                if put.send(piece).await.is_err() || read == 0 {
                    return pending::<End>().await;
                }
            }
        };
        let writing = async {
            let (mut random, mut free) = (Random::new(), Instant::now());
            while let Some((due, piece, _held)) = take.recv().await {
                sleep_until(due).await;
                if self.is_half_open() {
                    break;
                }
                self.open().await;
                if piece.is_empty() {
                    break;
                }
                if let Err(end) = self.write(&mut to, &piece, &mut random, &mut free).await {
                    return end;
                }
            }
            if self.is_half_open() {
                // Nothing passes any more, and nobody is told.
                while take.recv().await.is_some() {}
                return pending().await;
            }
            End::Close
        };
        tokio::select! {
            end = reading => end,
            end = writing => end,
        }
    }

    fn is_half_open(&self) -> bool {
        self.number < self.shared.half_open_before.load(Ordering::Relaxed)
    }

    /// Waits while nothing may pass.
    async fn open(&self) {
        let mut modes = self.shared.mode.subscribe();
        let passes = |mode: &Mode| match mode {
            Mode::HoldAll | Mode::Cut => false,
            Mode::HoldReplies => !self.replies,
            Mode::HoldRequests => self.replies,
            _ => true,
        };
        // It is only closed when the proxy is gone.
        let _ = modes.wait_for(passes).await;
    }

    /// `free`: when the way has room for more, where it has only so much.
    async fn write(
        &self,
        to: &mut (impl AsyncWrite + Unpin),
        piece: &[u8],
        random: &mut Random,
        free: &mut Instant,
    ) -> std::result::Result<(), End> {
        let gone = |_| End::Close;
        match self.mode() {
            Mode::Slow(rate) => {
                for part in piece.chunks(512) {
                    // By a plan, since a sleep takes a millisecond more or less.
                    sleep_until(*free).await;
                    to.write_all(part).await.map_err(gone)?;
                    let takes = Duration::from_secs(1) * u32::try_from(part.len()).unwrap_or(1) / rate;
                    *free = (*free).max(Instant::now() - Duration::from_millis(5)) + takes;
                }
                Ok(())
            }
            Mode::Bytes => {
                for byte in piece {
                    to.write_all(&[*byte]).await.map_err(gone)?;
                }
                Ok(())
            }
            Mode::Loss(one_in) => {
                if random.below(one_in * 100) == 0 {
                    return Err(End::Reset);
                }
                let mut wait = REPEAT;
                while random.below(one_in) == 0 {
                    sleep(wait).await;
                    wait *= 2;
                }
                to.write_all(piece).await.map_err(gone)
            }
            Mode::CutMidFrame(one_in) if random.below(one_in) == 0 => {
                to.write_all(&piece[..piece.len() / 2]).await.map_err(gone)?;
                Err(End::Close)
            }
            _ => to.write_all(piece).await.map_err(gone),
        }
    }
}
