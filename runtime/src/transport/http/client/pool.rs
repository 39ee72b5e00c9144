//! A few kept-alive connections to one process.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::Answer;
use super::wire::{Failed, Wire};
use crate::message::{Error, ErrorKind, Outcome};
use crate::seam::clock::{self, Instant};
use crate::seam::{net, random, task};
use crate::transport::Url;
use crate::transport::tls::Connector;

/// How long a connection is kept without use: less than servers keep theirs, or a request could meet the closing.
const KEPT: Duration = Duration::from_secs(4);

/// How long a call waits for one of the few connections before one more is made: shorter calls are faster over few.
const PATIENCE: Duration = Duration::from_millis(10);

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How many calls may wait for a connection.
const MOST_WAITING: usize = 1024;

#[derive(Debug)]
pub(super) struct Pool {
    url: Url,
    address: String,
    tls: Option<Connector>,
    /// The connections that are kept.
    few: Semaphore,
    /// Those that are made beyond while the few are busy.
    more: Semaphore,
    waiting: Semaphore,
    shelf: Arc<Mutex<Shelf>>,
    back_off: Mutex<BackOff>,
}

/// Connections that no call has, the one that was used last at the end.
#[derive(Debug, Default)]
struct Shelf {
    idle: VecDeque<Idle>,
    /// Whether somebody takes away those that were not used for long.
    cleared: bool,
}

#[derive(Debug)]
struct Idle {
    wire: Wire,
    since: Instant,
}

impl Pool {
    pub(super) fn new(url: Url, address: String, few: usize, most: usize, tls: Option<Connector>) -> Self {
        Pool {
            url,
            address,
            tls,
            few: Semaphore::new(few),
            more: Semaphore::new(most - few),
            waiting: Semaphore::new(MOST_WAITING),
            shelf: Arc::default(),
            back_off: Mutex::default(),
        }
    }

    /// Whose connections they are.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Sends a request, at most once, and reads the answer, which is waited for so long.
    pub(super) async fn exchange(&self, request: &[u8], time: Option<Duration>) -> Result<Answer, Error> {
        let until = time.and_then(|time| clock::now().checked_add(time));
        let late = || Error::unanswered(&self.url, time.unwrap_or_default());
        // What is unusual is boxed, so that other calls do not carry the room for it.
        let _place = match self.few.try_acquire() {
            Ok(place) => place,
            Err(_) => Box::pin(clock::before(until, self.place())).await.unwrap_or_else(|| Err(late()))?,
        };
        loop {
            let (mut wire, fresh) = if let Some(wire) = self.kept().await {
                (wire, false)
            } else {
                let made = Box::pin(clock::before(until, self.connect())).await;
                (made.unwrap_or_else(|| Err(late()))?, true)
            };
            match wire.exchange(request, until).await {
                Ok((answer, keeps)) => {
                    if keeps {
                        self.keep(wire);
                    }
                    return Ok(answer);
                }
                // The connection had been closed before.
                Err(Failed::Unsent(_)) if !fresh => {}
                Err(Failed::Unsent(cause)) => return Err(self.unreachable(&cause)),
                Err(Failed::Lost(cause)) => return Err(self.lost(&cause, fresh)),
                Err(Failed::Late) => return Err(late()),
            }
        }
    }

    /// Waits for the right to use a connection.
    async fn place(&self) -> Result<SemaphorePermit<'_>, Error> {
        let Ok(_waiting) = self.waiting.try_acquire() else {
            let text =
                format!("{MOST_WAITING} calls wait for a connection to {}; try again later", self.address);
            return Err(Error::new(ErrorKind::Overloaded, Outcome::NotDone, text));
        };
        let mut few = pin!(self.few.acquire());
        let place = tokio::select! {
            biased;
            place = &mut few => place,
            () = clock::sleep(PATIENCE) => tokio::select! {
                biased;
                place = self.more.acquire() => place,
                place = few => place,
            },
        };
        place.map_err(|cause| Error::new(ErrorKind::Draining, Outcome::NotDone, cause.to_string()))
    }

    /// A connection that is there already: the one that was used last, whose memory is nearest.
    async fn kept(&self) -> Option<Wire> {
        loop {
            let Idle { mut wire, since } = lock(&self.shelf).idle.pop_back()?;
            // Dropping it closes it.
            if clock::now().saturating_duration_since(since) < KEPT && wire.is_quiet().await {
                return Some(wire);
            }
        }
    }

    fn keep(&self, wire: Wire) {
        let mut shelf = lock(&self.shelf);
        shelf.idle.push_back(Idle { wire, since: clock::now() });
        let cleared = std::mem::replace(&mut shelf.cleared, true);
        // A runtime that shuts down drops what it is given at once, and that takes the lock.
        drop(shelf);
        if !cleared {
            task::spawn(clear(Clearing(Arc::downgrade(&self.shelf))));
        }
    }

    /// A new connection.
    async fn connect(&self) -> Result<Wire, Error> {
        let resting = {
            let back_off = lock(&self.back_off);
            back_off.wait().map(|wait| (wait, back_off.why.clone()))
        };
        if let Some((wait, why)) = resting {
            return Err(resting_until(wait, &why));
        }
        let connecting = clock::within(CONNECT, net::connect(&self.address));
        let stream = match connecting.await {
            Some(Ok(stream)) => stream,
            Some(Err(cause)) => return Err(self.unreachable(&cause)),
            None => return Err(self.unreachable(&io::Error::from(io::ErrorKind::TimedOut))),
        };
        let wire = match &self.tls {
            None => Wire::new(Box::new(stream), false),
            Some(tls) => match clock::within(CONNECT, tls.secure(stream)).await {
                Some(Ok(stream)) => Wire::new(Box::new(stream), true),
                Some(Err(cause)) => return Err(self.not_let_in(&cause.to_string())),
                None => {
                    return Err(self.not_let_in("the TLS handshake did not end in time; is it a TLS port?"));
                }
            },
        };
        *lock(&self.back_off) = BackOff::default();
        Ok(wire)
    }

    /// A connection was made, but not one over which anything can be said.
    #[cold]
    fn not_let_in(&self, why: &str) -> Error {
        let text = format!("no connection to {}: {why}", self.address);
        lock(&self.back_off).failed(&text);
        Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
    }

    #[cold]
    fn unreachable(&self, cause: &dyn std::error::Error) -> Error {
        let text = format!("no connection to {}: {}; does it run there?", self.address, Causes(cause));
        lock(&self.back_off).failed(&text);
        Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
    }

    /// In TLS 1.3 a client hears only after it has sent that it is not let in.
    #[cold]
    fn lost(&self, cause: &(dyn std::error::Error + 'static), fresh: bool) -> Error {
        if let Some(why) = self.tls.as_ref().filter(|_| fresh).and_then(|tls| tls.refused(cause)) {
            return self.not_let_in(&why);
        }
        let text =
            format!("the connection to {} ended before an answer came: {}", self.address, Causes(cause));
        Error::new(ErrorKind::Lost, Outcome::Unknown, text)
    }
}

/// Says that nobody clears the shelf any more, however that ends: its task may be dropped with the runtime that it is on, and
/// the connections of calls from another one would then never be closed.
struct Clearing(Weak<Mutex<Shelf>>);

impl Drop for Clearing {
    fn drop(&mut self) {
        if let Some(shelf) = self.0.upgrade() {
            lock(&shelf).cleared = false;
        }
    }
}

/// Closes connections that were not used for long, so that their servers do not have to, until there is none.
async fn clear(mut clearing: Clearing) {
    loop {
        clock::sleep(KEPT).await;
        let Some(pool) = clearing.0.upgrade() else { return };
        // Closed when the lock is open again.
        let mut old = Vec::new();
        let mut shelf = lock(&pool);
        let now = clock::now();
        let is_old = |idle: &mut Idle| now.saturating_duration_since(idle.since) >= KEPT;
        while let Some(idle) = shelf.idle.pop_front_if(is_old) {
            old.push(idle);
        }
        shelf.cleared = !shelf.idle.is_empty();
        if !shelf.cleared {
            // From here on another task may clear it.
            clearing.0 = Weak::new();
            return;
        }
    }
}

#[cold]
fn resting_until(wait: Duration, why: &str) -> Error {
    let text = format!("{why} (that was just now; the next try is in {} ms)", wait.as_millis());
    Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
}

/// When to try again after a connection could not be made (rule R16): full jitter between 50 ms and 3 s.
#[derive(Debug, Default)]
struct BackOff {
    failures: u32,
    until: Option<Instant>,
    /// What the last try ended with.
    why: String,
}

impl BackOff {
    const LEAST: Duration = Duration::from_millis(50);
    /// As rule R16 says, and less: with what the bus waits besides, all is well five seconds after a process came back.
    const MOST: Duration = Duration::from_secs(3);

    fn wait(&self) -> Option<Duration> {
        let wait = self.until?.saturating_duration_since(clock::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// One failure; those of several calls at one time are one.
    fn failed(&mut self, why: &str) {
        why.clone_into(&mut self.why);
        if self.wait().is_some() {
            return;
        }
        let most = Self::LEAST.saturating_mul(2_u32.saturating_pow(self.failures.min(10))).min(Self::MOST);
        let spread = u64::try_from(most.saturating_sub(Self::LEAST).as_micros()).unwrap_or(u64::MAX);
        let jitter = Duration::from_micros(random::next() % spread.saturating_add(1));
        self.failures += 1;
        self.until = Some(clock::now() + Self::LEAST + jitter);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic runs under the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its causes.
struct Causes<'a>(&'a dyn std::error::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps one connection, of which nothing is to come.
    fn keep_one(pool: &Pool) -> tokio::io::DuplexStream {
        let (here, there) = tokio::io::duplex(1);
        pool.keep(Wire::new(Box::new(here), false));
        there
    }

    #[test]
    fn connections_are_closed_after_a_while_on_whichever_runtime_they_are() {
        let url = "http://127.0.0.1:1".parse().unwrap();
        let pool = Pool::new(url, "127.0.0.1:1".into(), 2, 2, None);
        let paused = || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().start_paused(true).build().unwrap()
        };
        let first = paused();
        let _one = first.block_on(async { keep_one(&pool) });
        drop(first);
        paused().block_on(async {
            let _two = keep_one(&pool);
            clock::sleep(KEPT * 3).await;
        });
        let shelf = lock(&pool.shelf);
        assert!(shelf.idle.is_empty() && !shelf.cleared, "nobody closes what is not used");
    }

    #[test]
    fn a_connection_may_be_kept_while_its_runtime_shuts_down() {
        struct Keeps(Arc<Pool>, std::sync::mpsc::Sender<()>);
        impl Drop for Keeps {
            fn drop(&mut self) {
                drop(keep_one(&self.0));
                self.1.send(()).unwrap();
            }
        }
        let url = "http://127.0.0.1:1".parse().unwrap();
        let pool = Arc::new(Pool::new(url, "127.0.0.1:1".into(), 2, 2, None));
        let (tell, told) = std::sync::mpsc::channel();
        let keeps = Keeps(Arc::clone(&pool), tell);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.spawn(async move {
                let _keeps = keeps;
                std::future::pending::<()>().await;
            });
            runtime.block_on(tokio::task::yield_now());
        });
        told.recv_timeout(Duration::from_secs(30)).expect("it waits for its own lock");
        assert!(!lock(&pool.shelf).cleared);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_50_ms_to_3_s_apart() {
        let mut back_off = BackOff::default();
        assert!(back_off.wait().is_none());
        for _ in 0..100 {
            back_off.failed("why");
            let wait = back_off.wait().unwrap();
            assert!(wait >= BackOff::LEAST && wait <= BackOff::MOST, "{wait:?}");
            let failures = back_off.failures;
            back_off.failed("why");
            assert_eq!(back_off.failures, failures, "calls that fail together count once");
            tokio::time::advance(wait).await;
            assert!(back_off.wait().is_none());
        }
    }
}
