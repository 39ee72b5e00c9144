//! A request that waits for its answer.

use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Came;
use super::connection::Connection;
use crate::message::{CallError, Receipt};
use crate::seam::clock::{self, Instant};
use crate::transport::quick;

/// What a connection knows about one.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) tell: oneshot::Sender<Came>,
    /// Where its frame starts in what the connection writes.
    pub(super) start: u64,
    /// Which one it is of the connection's requests, from 1.
    pub(super) order: u64,
    /// For one that is not answered: it is done when so much is written.
    pub(super) until_written: Option<u64>,
    /// Where to note what its answer says of itself.
    pub(super) receipt: Option<Receipt>,
    /// Until when it waits.
    pub(super) time: Option<Time>,
}

/// The time that a request has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) end: Instant,
    pub(super) whole: Duration,
}

impl Time {
    /// One that begins now. The bus bounds its times, and who calls over a link by itself need not.
    pub(super) fn from(now: Instant, whole: Duration) -> Self {
        let whole = clock::bounded(whole);
        Time { end: now + whole, whole }
    }
}

/// The caller's half. Dropped before the end, it takes the request back.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) connection: Arc<Connection>,
    pub(super) id: u64,
    pub(super) came: oneshot::Receiver<Came>,
    pub(super) ended: bool,
}

impl Future for Waiting {
    type Output = Came;

    fn poll(mut self: Pin<&mut Self>, waker: &mut Context<'_>) -> Poll<Came> {
        let came = ready!(Pin::new(&mut self.came).poll(waker));
        self.ended = true;
        Poll::Ready(came.unwrap_or_else(|_| Err(CallError::Bus(quick::abandoned()))))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.take_back(self.id);
        }
    }
}

/// Ids are random or counted already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids;

impl BuildHasher for Ids {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher(0)
    }
}

#[derive(Debug)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = (self.0 ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_has_an_end() {
        let now = clock::now();
        assert!(Time::from(now, Duration::MAX).end > now);
        assert_eq!(Time::from(now, Duration::from_secs(5)).end, now + Duration::from_secs(5));
    }
}
