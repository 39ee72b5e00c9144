//! What callers and the task of one connection share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::Came;
use super::pending::{Ids, Pending, Waiting};
use crate::message::{Id, Receipt};
use crate::seam::random;
use crate::transport::Head;
use crate::transport::seneca::ids;
use crate::transport::tcp::outbox::{self, Outbox};
use crate::transport::tcp::request;

/// At so many unwritten bytes no further requests are taken (rule R17).
const MOST_UNWRITTEN: usize = 16 * 1024 * 1024;

/// So that 12 digits of base 36 can hold it.
const MASK: u64 = (1 << 62) - 1;

/// A connection that is being made, is up, or has ended.
#[derive(Debug)]
pub(super) struct Connection {
    state: Mutex<State>,
    /// Whether the state's phase is so: who only asks takes no lock.
    open: AtomicBool,
    /// There is something to write, or it is to end.
    pub(super) changed: Notify,
    /// The other side is one of ours, as its answers showed.
    matchbus: AtomicBool,
    /// Ids count up from a random number, so that no two clients use the same.
    next_id: AtomicU64,
    /// The second part of ids, where it says nothing.
    transaction: u64,
}

#[derive(Debug, Default)]
struct State {
    out: Vec<u8>,
    /// How many bytes were ever put into `out`.
    put: u64,
    /// How many requests were ever made.
    requests: u64,
    pending: HashMap<u64, Pending, Ids>,
    /// Some of them may only wait to be written.
    any_unanswered: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Open,
    /// No more requests; answers are still waited for.
    Leaving,
    Closed,
}

/// Why a request was not put into the write buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Closed,
    Full,
}

impl Connection {
    pub(super) fn new() -> Self {
        Connection {
            state: Mutex::default(),
            open: AtomicBool::new(true),
            changed: Notify::new(),
            matchbus: AtomicBool::new(false),
            next_id: AtomicU64::new(random::next()),
            transaction: random::next() & MASK,
        }
    }

    /// Nothing that panics is done under the lock; should it be, the state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    pub(super) fn is_matchbus(&self) -> bool {
        self.matchbus.load(Ordering::Relaxed)
    }

    pub(super) fn is_a_matchbus(&self) {
        self.matchbus.store(true, Ordering::Relaxed);
    }

    /// An id for a message's frame. A Seneca knows repeats by it, so for one it comes from the message's own id.
    pub(super) fn new_id(&self, head: &Head, seneca: bool) -> (u64, u64) {
        if seneca {
            return ids::to_seneca(head.id.unwrap_or_else(Id::generate), head.trace);
        }
        (self.count_id(), self.transaction)
    }

    fn count_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed) & MASK
    }

    /// The answer to this request, which comes next, is a stored one.
    #[cold]
    pub(super) fn replayed(&self, id: u64) {
        if let Some(Pending { receipt: Some(receipt), .. }) = self.state().pending.get(&id) {
            receipt.replayed();
        }
    }

    /// Writes a request into the buffer. Without `answered` it is done when its bytes have left.
    pub(super) fn ask(
        self: &Arc<Self>,
        (mut mi, tx): (u64, u64),
        answered: bool,
        receipt: Option<&Receipt>,
        write: impl FnOnce(&mut Vec<u8>, (u64, u64)),
    ) -> Result<Waiting, Refusal> {
        let (tell, came) = oneshot::channel();
        let mut state = self.state();
        if state.phase != Phase::Open {
            return Err(Refusal::Closed);
        }
        if state.out.len() > MOST_UNWRITTEN {
            return Err(Refusal::Full);
        }
        // The same message may be under way a second time.
        while state.pending.contains_key(&mi) {
            mi = self.count_id();
        }
        state.any_unanswered |= !answered;
        let State { out, put, requests, pending, .. } = &mut *state;
        let (start, before, was_empty) = (*put, out.len(), out.is_empty());
        write(out, (mi, tx));
        *put += (out.len() - before) as u64;
        *requests += 1;
        let until_written = (!answered).then_some(*put);
        if let Entry::Vacant(place) = pending.entry(mi) {
            place.insert(Pending { tell, start, order: *requests, until_written, receipt: receipt.cloned() });
        }
        drop(state);
        if was_empty {
            self.changed.notify_one();
        }
        Ok(Waiting { connection: Arc::clone(self), id: mi, came, ended: false })
    }

    /// The caller does not wait any more.
    pub(super) fn take_back(&self, id: u64) {
        let mut state = self.state();
        let Some(gone) = state.pending.remove(&id) else { return };
        let mut wake = state.phase == Phase::Leaving;
        if gone.until_written.is_none() && state.phase == Phase::Open && self.is_matchbus() {
            wake |= state.out.is_empty();
            put(&mut state, |out| request::other(out, (id, self.transaction), "cancel"));
        }
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    /// Asks the other side whether it lives.
    pub(super) fn probe(&self) {
        let id = (self.count_id(), self.transaction);
        put(&mut self.state(), |out| request::other(out, id, "health"));
    }

    /// Hands out what there is to write, for an empty buffer; how the connection is to go on, and how many wait.
    pub(super) fn take(&self, out: &mut Outbox) -> (Phase, usize) {
        let mut state = self.state();
        if !out.has_unwritten() && !state.out.is_empty() {
            out.take_over(&mut state.out);
        }
        (state.phase, state.pending.len())
    }

    /// Gives back memory that is not needed now.
    pub(super) fn give_back(&self) {
        outbox::give_back(&mut self.state().out);
    }

    /// Everything up to `handed` has left: those are done that wait for no more than that.
    pub(super) fn handed(&self, handed: u64) {
        let mut state = self.state();
        if !state.any_unanswered {
            return;
        }
        let done = state.pending.extract_if(|_, one| one.until_written.is_some_and(|until| until <= handed));
        let done: Vec<_> = done.collect();
        state.any_unanswered = state.pending.values().any(|one| one.until_written.is_some());
        drop(state);
        for (_, one) in done {
            let _ = one.tell.send(Ok(Vec::new()));
        }
    }

    /// Brings the answers of one read to those who wait for them.
    pub(super) fn answer(
        &self,
        answers: &mut Vec<(u64, Came)>,
        found: &mut Vec<(oneshot::Sender<Came>, Came)>,
    ) {
        let mut state = self.state();
        for (id, came) in answers.drain(..) {
            if let Some(one) = state.pending.remove(&id) {
                found.push((one.tell, came));
            } else {
                tracing::trace!("an answer came for which nobody waits any more");
            }
        }
        drop(state);
        for (tell, came) in found.drain(..) {
            // Who does not wait any more does not want to know.
            let _ = tell.send(came);
        }
    }

    /// No more requests: the other side took `taken` of them, and `refused` says so to the others.
    pub(super) fn going_away(&self, taken: u64, refused: impl Fn() -> Came) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Leaving;
            self.open.store(false, Ordering::Release);
        }
        let not_taken: Vec<_> = state.pending.extract_if(|_, one| one.order > taken).collect();
        drop(state);
        for (_, one) in not_taken {
            let _ = one.tell.send(refused());
        }
    }

    /// The link is gone.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Leaving;
            self.open.store(false, Ordering::Release);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// It has ended, when `handed` bytes had left.
    pub(super) fn close(&self, handed: u64, why: impl Fn(bool) -> Came) {
        let mut state = self.state();
        state.phase = Phase::Closed;
        self.open.store(false, Ordering::Release);
        let all = std::mem::take(&mut state.pending);
        drop(state);
        for one in all.into_values() {
            let left = one.start < handed;
            let _ = one.tell.send(why(left));
        }
    }
}

fn put(state: &mut State, write: impl FnOnce(&mut Vec<u8>)) {
    let before = state.out.len();
    write(&mut state.out);
    state.put += (state.out.len() - before) as u64;
}
