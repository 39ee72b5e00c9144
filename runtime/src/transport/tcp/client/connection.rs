//! What callers and the task of one connection share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::Came;
use super::pending::{Ids, Pending, Time};
use crate::message::Receipt;
use crate::seam::clock::Instant;
use crate::seam::random;
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
    /// A request has less time than those before it.
    pub(super) sooner: Notify,
    /// The other side is one of ours, as its answers showed.
    matchbus: AtomicBool,
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
    /// Ids count up from a random number, so that no two clients use the same.
    last_id: u64,
    /// Some of them may only wait to be written.
    any_unanswered: bool,
    /// When the time of one of them may be over.
    look: Option<Instant>,
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

/// What is to be known of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Otherwise it is done when its bytes have left.
    pub(super) answered: bool,
    pub(super) receipt: Option<&'a Receipt>,
    pub(super) time: Option<Time>,
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
            state: Mutex::new(State { last_id: random::next(), ..State::default() }),
            open: AtomicBool::new(true),
            changed: Notify::new(),
            sooner: Notify::new(),
            matchbus: AtomicBool::new(false),
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

    /// The answer to this request, which comes next, is a stored one.
    #[cold]
    pub(super) fn replayed(&self, id: u64) {
        if let Some(Pending { receipt: Some(receipt), .. }) = self.state().pending.get(&id) {
            receipt.replayed();
        }
    }

    /// Writes a request into the buffer, under an id of its own or of this connection's.
    pub(super) fn ask(
        &self,
        id: Option<(u64, u64)>,
        asked: Asked<'_>,
        write: impl FnOnce(&mut Vec<u8>, (u64, u64)),
    ) -> Result<(u64, oneshot::Receiver<Came>), Refusal> {
        let Asked { answered, receipt, time } = asked;
        let (tell, came) = oneshot::channel();
        let mut state = self.state();
        if state.phase != Phase::Open {
            return Err(Refusal::Closed);
        }
        if state.out.len() > MOST_UNWRITTEN {
            return Err(Refusal::Full);
        }
        let (mi, tx) = match id {
            None => (state.count_id(), self.transaction),
            // The same message may be under way a second time.
            Some((mi, tx)) if state.pending.contains_key(&mi) => (state.count_id(), tx),
            Some(id) => id,
        };
        let sooner = time.filter(|time| state.look.is_none_or(|look| time.end < look));
        if let Some(time) = sooner {
            state.look = Some(time.end);
        }
        state.any_unanswered |= !answered;
        let State { out, put, requests, pending, .. } = &mut *state;
        let (start, before, was_empty) = (*put, out.len(), out.is_empty());
        write(out, (mi, tx));
        *put += (out.len() - before) as u64;
        *requests += 1;
        let until_written = (!answered).then_some(*put);
        let one = Pending { tell, start, order: *requests, until_written, receipt: receipt.cloned(), time };
        pending.insert(mi, one);
        drop(state);
        if was_empty {
            self.changed.notify_one();
        }
        if sooner.is_some() {
            self.sooner.notify_one();
        }
        Ok((mi, came))
    }

    /// The caller does not wait any more.
    pub(super) fn take_back(&self, id: u64) {
        let mut state = self.state();
        let Some(gone) = state.pending.remove(&id) else { return };
        let wake = self.cancel(&mut state, id, &gone);
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    /// Ends the requests whose time is over, each with what `late` says of it; when to look again.
    pub(super) fn end_late(&self, now: Instant, late: impl Fn(Duration) -> Came) -> Option<Instant> {
        let mut state = self.state();
        let over = |one: &Pending| one.time.filter(|time| time.end <= now);
        let ended: Vec<_> = state.pending.extract_if(|_, one| over(one).is_some()).collect();
        state.look = state.pending.values().filter_map(|one| Some(one.time?.end)).min();
        let look = state.look;
        let mut wake = false;
        for (id, one) in &ended {
            wake |= self.cancel(&mut state, *id, one);
        }
        drop(state);
        if wake {
            self.changed.notify_one();
        }
        for (_, one) in ended {
            let whole = one.time.map_or(Duration::ZERO, |time| time.whole);
            let _ = one.tell.send(late(whole));
        }
        look
    }

    /// Tells the other side that nobody waits any more; whether there is something new to do.
    fn cancel(&self, state: &mut State, id: u64, gone: &Pending) -> bool {
        let mut wake = state.phase == Phase::Leaving;
        if gone.until_written.is_none() && state.phase == Phase::Open && self.is_matchbus() {
            wake |= state.out.is_empty();
            put(state, |out| request::other(out, (id, self.transaction), "cancel"));
        }
        wake
    }

    /// Asks the other side whether it lives.
    pub(super) fn probe(&self) {
        let mut state = self.state();
        let id = (state.count_id(), self.transaction);
        put(&mut state, |out| request::other(out, id, "health"));
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

    /// Its task is gone, if not by its end; of what that had taken over nobody knows whether it left.
    pub(super) fn abandon(&self, why: impl Fn(bool) -> Came) {
        let state = self.state();
        if state.phase == Phase::Closed {
            return;
        }
        let taken_over = state.put - state.out.len() as u64;
        drop(state);
        self.close(taken_over, why);
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

impl State {
    fn count_id(&mut self) -> u64 {
        loop {
            self.last_id = self.last_id.wrapping_add(1) & MASK;
            if !self.pending.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }
}

fn put(state: &mut State, write: impl FnOnce(&mut Vec<u8>)) {
    let before = state.out.len();
    write(&mut state.out);
    state.put += (state.out.len() - before) as u64;
}
