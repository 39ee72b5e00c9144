use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::breaker::Breaker;
use super::latency::Latency;
use crate::transport::{Link, Url};

/// Another process, as this one sees it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) url: Url,
    pub(crate) link: Arc<dyn Link>,
    pub(super) breaker: Breaker,
    pub(super) latency: Latency,
    in_flight: AtomicUsize,
    asked: AtomicBool,
}

impl Peer {
    pub(crate) fn new(url: Url, link: Arc<dyn Link>) -> Self {
        Peer {
            url,
            link,
            breaker: Breaker::default(),
            latency: Latency::default(),
            in_flight: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
        }
    }

    /// It is asked what it answers from here on; whether it was asked before.
    pub(super) fn ask(&self) -> bool {
        self.asked.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Counts a message to this peer until what is returned is dropped.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

pub(super) struct Busy<'a>(&'a Peer);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        // Whoever gives up on a probe makes room for the next one.
        self.0.breaker.gave_up();
    }
}
