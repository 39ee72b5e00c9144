use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::breaker::Breaker;
use crate::flow::shard::Sharded;
use crate::seam::clock::{self, Instant};
use crate::seam::task;
use crate::transport::{Link, Url};

/// How long a process that looks dead may take to say what it answers.
const PROBE: Duration = Duration::from_secs(1);

/// How long messages wait for a process to say for the first time what it answers: processes start in any order.
const GRACE: Duration = Duration::from_secs(5);

/// How exactly it is known when a process last answered, in microseconds. Where that is written with each answer, its line
/// of memory goes to and fro between all threads that call.
const GRAIN: u64 = 1_000;

/// Another process, as this one sees it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) url: Url,
    pub(crate) link: Arc<dyn Link>,
    pub(super) breaker: Breaker,
    /// What each thread has begun less what it has ended: only the sum is right.
    in_flight: Sharded<AtomicUsize>,
    /// Whether it is a peer by itself, so that it is sent all that it answers; or only an address of routes.
    listed: AtomicBool,
    /// Whether somebody asks it what it answers.
    asked: AtomicBool,
    known_since: Instant,
    /// When it last answered anything, in microseconds after that; up to [`GRAIN`] less.
    heard: AtomicU64,
    silence: Mutex<Option<Silence>>,
}

/// Why it is not known what a process answers.
#[derive(Clone, Debug)]
pub(crate) struct Silence {
    pub(crate) why: Arc<str>,
    /// To wait does not help: it is there, and does not say.
    lasts: bool,
}

impl Peer {
    pub(crate) fn new(url: Url, link: Arc<dyn Link>) -> Self {
        Peer {
            url,
            link,
            breaker: Breaker::default(),
            in_flight: Sharded::default(),
            listed: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            known_since: clock::now(),
            heard: AtomicU64::new(0),
            silence: Mutex::new(None),
        }
    }

    /// It could not be learnt what it answers; whether that is worth telling those who wait for it.
    pub(super) fn was_silent(&self, why: &str, lasts: bool) -> bool {
        let silence = Silence { why: why.into(), lasts };
        let before = self.silence.lock().unwrap_or_else(PoisonError::into_inner).replace(silence);
        lasts && !before.is_some_and(|before| before.lasts)
    }

    /// Why it did not say what it answers, the last time that it was asked.
    pub(crate) fn silence(&self) -> Option<Silence> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether to wait for what it answers does not help.
    pub(super) fn silence_lasts(&self) -> bool {
        self.silence().is_some_and(|silence| silence.lasts)
    }

    /// Until when messages wait for what it says that it answers. Somebody who does not start should not hold up what nobody
    /// answers for ever.
    pub(super) fn awaited_until(&self) -> Option<Instant> {
        let lasts = self.silence_lasts();
        (self.is_listed() && !lasts).then(|| self.known_since + GRACE)
    }

    /// It answered now, whatever it said.
    pub(super) fn answered(&self, now: Instant) {
        let after = now.saturating_duration_since(self.known_since).as_micros();
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        if after >= self.heard.load(Ordering::Relaxed).saturating_add(GRAIN) {
            self.heard.fetch_max(after, Ordering::Relaxed);
        }
        self.breaker.answered();
    }

    /// It did not answer a message that was sent to it then.
    ///
    /// A handler that hangs, or whose caller has little time, is not the whole process: if that answered anything else
    /// meanwhile, it lives. Before it is left alone it is asked what it answers, since it may only have been given messages
    /// that hang.
    pub(super) fn silent_since(self: &Arc<Self>, began: Instant) {
        if self.known_since + Duration::from_micros(self.heard.load(Ordering::Relaxed)) > began {
            return;
        }
        if self.breaker.failed() {
            let peer = Arc::clone(self);
            task::spawn(async move {
                if let Some(Ok(Some(_))) = clock::within(PROBE, peer.link.catalogue()).await {
                    peer.answered(clock::now());
                }
            });
        }
    }

    /// It is asked what it answers from here on; whether it was asked before.
    pub(super) fn ask(&self) -> bool {
        self.asked.swap(true, Ordering::Relaxed)
    }

    /// It is sent all that it answers from here on; whether it was before.
    pub(super) fn list(&self) -> bool {
        self.listed.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_listed(&self) -> bool {
        self.listed.load(Ordering::Relaxed)
    }

    /// Counts a message to this peer until what is returned is dropped.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.begin();
        Busy(self)
    }

    /// Counts a message to this peer until its [end](Peer::end).
    pub(super) fn begin(&self) {
        self.in_flight.mine().fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.mine().fetch_sub(1, Ordering::Relaxed);
        // Whoever gives up on a probe makes room for the next one.
        self.breaker.gave_up();
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.all().fold(0, |sum, one| sum.wrapping_add(one.load(Ordering::Relaxed)))
    }
}

pub(super) struct Busy<'a>(&'a Peer);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
