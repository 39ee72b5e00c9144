use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::breaker::jitter;
use super::counts::Unless;
use super::peer::Peer;
use super::table::{Remote, Target};
use crate::bus::Envelope;
use crate::bus::guard::{late, too_late};
use crate::bus::settings::Settings;
use crate::list::{List, join};
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Receipt};
use crate::seam::clock::{self, Instant};
use crate::transport::Head;

/// Rule R5: at most four attempts inside of the deadline, with full jitter between them.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) type Reply = Result<Vec<u8>, CallError<ErrorReply>>;

/// Who answers now.
pub(crate) type Find<'a> = &'a (dyn Fn() -> Option<Arc<Target>> + Sync);

/// One message on its way.
struct Errand<'a> {
    message: &'a [u8],
    envelope: &'a Envelope<'a>,
    settings: &'a Settings,
    deadline: Instant,
}

/// What came of asking once.
enum Asked {
    /// That is the answer.
    Ended(Reply),
    /// No time was left.
    TooLate,
    /// No peer may be asked now.
    Nobody,
    /// The peer is away, and nobody had the message: this was no attempt.
    Away(Reply, Arc<Peer>),
    /// After so many attempts another one may be made, which may be taken out of the retry budget already.
    Failed { reply: Reply, peer: Arc<Peer>, attempts: u32, paid: bool },
}

impl Remote {
    /// Calls one of those who answer, and others of them when it fails in a way that allows it: *not done* always, and
    /// *unknown* if the handler says that running it twice does no harm (rules R1 and R2).
    ///
    /// Somebody who is away costs nothing: nobody had the message. So the next one is asked at once, and when all are
    /// away the call waits for one to come back, as long as it has time.
    ///
    /// `first` is who answers, if somebody is known. `find` is asked anew for each further attempt: what is known of the
    /// peers changes.
    pub(crate) async fn call(
        &self,
        message: &[u8],
        envelope: &Envelope<'_>,
        settings: &Settings,
        first: Option<Arc<Target>>,
        find: Find<'_>,
    ) -> Option<Reply> {
        let now = clock::now();
        let deadline = envelope.deadline_from(|| now, settings.budget);
        let errand = Errand { message, envelope, settings, deadline };
        let Some(target) = first else {
            return Box::pin(async {
                let target = self.wait_for(find, deadline).await?;
                target.budget.message(clock::now());
                let asked = self.ask(&errand, &target, &Failed::default(), 0, clock::now()).await;
                self.go_on(&errand, target, asked, find).await
            })
            .await;
        };
        target.budget.message(now);
        match self.ask(&errand, &target, &Failed::default(), 0, now).await {
            Asked::Ended(reply) => Some(reply),
            // Boxed, so that those who are answered at once, as most are, do not carry the room for it.
            asked => Box::pin(self.go_on(&errand, target, asked, find)).await,
        }
    }

    async fn go_on(
        &self,
        errand: &Errand<'_>,
        mut target: Arc<Target>,
        mut asked: Asked,
        find: Find<'_>,
    ) -> Option<Reply> {
        let deadline = errand.deadline;
        let mut last: Option<Reply> = None;
        let (mut failed, mut doubt) = (Failed::default(), None);
        let (mut attempt, mut away) = (0, Away::default());
        loop {
            let goes_on = match asked {
                Asked::Ended(reply) => return Some(in_doubt(reply, doubt)),
                Asked::TooLate => {
                    last.get_or_insert_with(|| Err(CallError::Bus(too_late())));
                    false
                }
                Asked::Nobody => {
                    last.get_or_insert_with(|| Err(CallError::Bus(all_away(&target))));
                    away.wait(deadline).await
                }
                Asked::Away(reply, peer) => {
                    failed.note(peer, Next::Other, bus_error(&reply), &mut doubt);
                    last = Some(reply);
                    away.met(&target, deadline).await
                }
                Asked::Failed { reply, peer, attempts, paid } => {
                    failed.note(peer, Next::Repeat, bus_error(&reply), &mut doubt);
                    last = Some(reply);
                    attempt += attempts;
                    attempt < ATTEMPTS && (paid || target.budget.repeat()) && pause(attempt, deadline).await
                }
            };
            match find() {
                Some(found) if goes_on => target = found,
                _ => return last.map(|last| in_doubt(last, doubt)),
            }
            asked = self.ask(errand, &target, &failed, attempt, clock::now()).await;
        }
    }

    /// One attempt at one of the target's peers.
    async fn ask(
        &self,
        errand: &Errand<'_>,
        target: &Target,
        failed: &Failed,
        attempt: u32,
        now: Instant,
    ) -> Asked {
        let Errand { message, envelope, settings, deadline } = *errand;
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Asked::TooLate;
        }
        let Some(peer) = failed.next(target) else { return Asked::Nobody };
        let paid = AtomicBool::new(false);
        let last = attempt + 1 == ATTEMPTS;
        let sending = Sending { message, envelope, target, left, last, paid: &paid };
        let (reply, attempts) = if settings.hedge_reads && target.reads && !last {
            // Boxed, so that other calls do not carry the room for it.
            Box::pin(self.hedged(&sending, peer, attempt)).await
        } else {
            (sending.attempt(peer, attempt, now).await, 1)
        };
        self.asked(reply, target, peer, (attempts, paid.into_inner()))
    }

    /// What came of so many attempts.
    fn asked(&self, reply: Reply, target: &Target, peer: &Arc<Peer>, (attempts, paid): (u32, bool)) -> Asked {
        let next = match &reply {
            Ok(_) | Err(CallError::App(_)) => Next::End,
            Err(CallError::Bus(error)) => {
                // It may not be true any more who answers what.
                self.wants_news();
                next(error, target)
            }
        };
        match next {
            Next::End => Asked::Ended(reply),
            Next::Other => Asked::Away(reply, Arc::clone(peer)),
            Next::Repeat => Asked::Failed { reply, peer: Arc::clone(peer), attempts, paid },
        }
    }

    /// Goes on with a call whose first attempt, at this peer, failed.
    pub(crate) async fn call_again(
        &self,
        message: &[u8],
        envelope: &Envelope<'_>,
        settings: &Settings,
        (target, peer, error): (Arc<Target>, Arc<Peer>, Error),
        find: Find<'_>,
    ) -> Option<Reply> {
        let deadline = envelope.deadline(settings.budget);
        let errand = Errand { message, envelope, settings, deadline };
        let asked = self.asked(Err(CallError::Bus(error)), &target, &peer, (1, false));
        self.go_on(&errand, target, asked, find).await
    }

    /// Sends to one of those who answer; as [`call`](Remote::call), for messages that nobody waits for.
    pub(crate) async fn send(
        &self,
        message: &[u8],
        head: &Head,
        deadline: Instant,
        target: &Target,
    ) -> Result<(), Error> {
        target.budget.message(clock::now());
        let (mut failed, mut doubt) = (Failed::default(), None);
        let mut last = None;
        let (mut attempt, mut away) = (0, Away::default());
        loop {
            let Some(peer) = failed.next(target) else {
                if away.wait(deadline).await {
                    continue;
                }
                return Err(or_in_doubt(last.unwrap_or_else(|| all_away(target)), doubt));
            };
            target.budget.counts.mine().attempts.add();
            let (busy, began) = (peer.busy(), clock::now());
            let sent = tokio::select! {
                biased;
                sent = peer.link.send(message, head) => sent,
                () = clock::sleep_until(deadline) => Err(late()),
            };
            drop(busy);
            let Err(error) = sent else {
                peer.answered(clock::now());
                return Ok(());
            };
            note(peer, &error, began);
            let next = next(&error, target);
            failed.note(Arc::clone(peer), next, Some(&error), &mut doubt);
            let goes_on = match next {
                Next::End => false,
                Next::Other => {
                    if error.kind() == ErrorKind::Unreachable {
                        target.budget.counts.mine().attempts.take_back();
                    }
                    away.met(target, deadline).await
                }
                Next::Repeat => {
                    attempt += 1;
                    attempt < ATTEMPTS && target.budget.repeat() && pause(attempt, deadline).await
                }
            };
            if !goes_on {
                return Err(or_in_doubt(error, doubt));
            }
            last = Some(error);
        }
    }
}

/// Who failed last, and so is not the first to be asked again.
#[derive(Debug, Default)]
struct Failed {
    peer: Option<Arc<Peer>>,
    /// It may have run the message.
    in_doubt: bool,
}

impl Failed {
    /// Whom to ask next. What a handler with `effect(dedup)` remembers is in the memory of its process (rule R7), so a repeat
    /// goes to who may have run it, also if that one's breaker is open: only when it is away another one is asked.
    fn next<'t>(&self, target: &'t Target) -> Option<&'t Arc<Peer>> {
        let same = self.peer.as_ref().filter(|_| self.in_doubt && target.remembers);
        let same = same.and_then(|same| target.peers.iter().find(|peer| Arc::ptr_eq(peer, same)));
        same.or_else(|| target.choose(self.peer.as_ref()))
    }

    /// This one failed. `doubt` keeps an error that says *unknown*.
    fn note(&mut self, peer: Arc<Peer>, next: Next, error: Option<&Error>, doubt: &mut Option<Error>) {
        let unknown = error.filter(|error| error.outcome() == Outcome::Unknown);
        // One that refuses for now, such as for a place, still remembers.
        let same = self.peer.as_ref().is_some_and(|last| Arc::ptr_eq(last, &peer));
        self.in_doubt = unknown.is_some() || self.in_doubt && same && next == Next::Repeat;
        self.peer = Some(peer);
        if let Some(unknown) = unknown {
            *doubt = Some(unknown.clone());
        }
    }
}

fn bus_error(reply: &Reply) -> Option<&Error> {
    reply.as_ref().err().and_then(CallError::bus)
}

/// A last attempt that is certainly *not done* says nothing of those before it.
fn in_doubt(reply: Reply, doubt: Option<Error>) -> Reply {
    reply.map_err(|error| match error {
        CallError::Bus(error) => CallError::Bus(or_in_doubt(error, doubt)),
        app @ CallError::App(_) => app,
    })
}

fn or_in_doubt(error: Error, doubt: Option<Error>) -> Error {
    match doubt.filter(|_| error.outcome() == Outcome::NotDone) {
        None => error,
        Some(doubt) => {
            let text = format!("{}; after that: {}", doubt.text(), error.text());
            doubt.with_text(text)
        }
    }
}

/// Those who were away, one after the other.
#[derive(Debug, Default)]
struct Away {
    met: usize,
    rounds: u32,
}

impl Away {
    /// One more; whether to go on: at once to another one, and after a pause when it may have been all of them.
    async fn met(&mut self, target: &Target, deadline: Instant) -> bool {
        self.met += 1;
        if self.met < target.peers.len() {
            return true;
        }
        self.wait(deadline).await
    }

    /// Nobody is there; whether to look again.
    async fn wait(&mut self, deadline: Instant) -> bool {
        self.met = 0;
        self.rounds += 1;
        pause(self.rounds, deadline).await
    }
}

/// One message and the time that is left to it, for one or several attempts.
pub(super) struct Sending<'a> {
    message: &'a [u8],
    envelope: &'a Envelope<'a>,
    pub(super) target: &'a Target,
    pub(super) left: Duration,
    /// No attempt may follow.
    last: bool,
    /// The next attempt has been taken out of the retry budget.
    paid: &'a AtomicBool,
}

impl Sending<'_> {
    /// One attempt, which begins now.
    pub(super) async fn attempt(&self, peer: &Arc<Peer>, attempt: u32, began: Instant) -> Reply {
        let patience = self.patience();
        let head = self.envelope.head(attempt, self.left);
        self.target.budget.counts.mine().attempts.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.attempt();
        }
        let busy = peer.busy();
        // The caller may go away at any time, and this with it.
        let given_up = Unless::new(&self.target.budget.counts.mine().given_up);
        let call = peer.link.call(self.message, &head);
        let reply = if patience.is_none() && peer.link.keeps_time() {
            call.await
        } else {
            let (mut call, mut give_up) = (call, Box::pin(self.give_up(began, patience)));
            tokio::select! {
                biased;
                reply = &mut call => reply,
                time = &mut give_up => Err(CallError::Bus(Error::unanswered(&peer.url, time))),
            }
        };
        drop(busy);
        if !matches!(&reply, Err(CallError::Bus(error)) if error.kind() == ErrorKind::Deadline) {
            given_up.nothing();
        }
        match &reply {
            Ok(_) | Err(CallError::App(_)) => {
                let now = clock::now();
                // Nobody is given up early whose message may not be repeated.
                if self.target.repeatable {
                    self.target.latency.note(now - began);
                }
                peer.answered(now);
            }
            Err(CallError::Bus(error)) => {
                note_attempt(self.target, peer, error, began, self.envelope.receipt());
            }
        }
        reply
    }

    /// How long to wait before another attempt would be made, if one may.
    fn patience(&self) -> Option<Duration> {
        if self.last || !self.target.repeatable {
            // To give up early makes time for another attempt. Where none can follow, it would only turn a slow answer
            // into none.
            return None;
        }
        self.target.latency.patience(self.left, self.target.peers.len() == 1)
    }

    /// Ends when the attempt is to be given up, and says after how long. What the retry budget does not allow to be repeated
    /// is not given up before its deadline.
    async fn give_up(&self, began: Instant, patience: Option<Duration>) -> Duration {
        if let Some(patience) = patience {
            clock::sleep_until(began + patience).await;
            if self.target.budget.repeat() {
                self.paid.store(true, Ordering::Relaxed);
                if patience >= self.left / 2 {
                    // The handler takes at least so long.
                    self.target.latency.note(patience);
                }
                return patience;
            }
        }
        clock::sleep_until(began + self.left).await;
        self.left
    }

    /// Notes that a copy was sent before another one had failed.
    pub(super) fn note_hedge(&self) {
        self.target.budget.counts.mine().hedges.add();
        if let Some(receipt) = self.envelope.receipt() {
            receipt.hedged();
        }
    }
}

/// Notes that an attempt failed.
pub(super) fn note_attempt(
    target: &Target,
    peer: &Arc<Peer>,
    error: &Error,
    began: Instant,
    receipt: Option<&Receipt>,
) {
    note(peer, error, began);
    if error.outcome() == Outcome::NotDone && error.kind() == ErrorKind::Unreachable {
        // No copy of the message left.
        target.budget.counts.mine().attempts.take_back();
        if let Some(receipt) = receipt {
            receipt.no_attempt();
        }
    }
}

/// What a failure says of the peer: one that refuses is there, one that is silent is not.
fn note(peer: &Arc<Peer>, error: &Error, began: Instant) {
    match error.kind() {
        ErrorKind::Unreachable | ErrorKind::Draining => peer.breaker.away(),
        ErrorKind::Lost => drop(peer.breaker.failed()),
        ErrorKind::Deadline => peer.silent_since(began),
        _ => peer.answered(clock::now()),
    }
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It is final.
    End,
    /// That process is away, and nobody had the message: this was no attempt.
    Other,
    /// Another attempt.
    Repeat,
}

fn next(error: &Error, target: &Target) -> Next {
    match (error.outcome(), error.kind()) {
        (
            _,
            ErrorKind::Refused
            | ErrorKind::Malformed
            | ErrorKind::Invalid
            | ErrorKind::Loop
            | ErrorKind::Conflict,
        )
        | (Outcome::Unknown, ErrorKind::Unwritable | ErrorKind::Undecodable)
        | (Outcome::Done, _) => Next::End,
        (Outcome::NotDone, _) if is_away(error) => Next::Other,
        (Outcome::NotDone, _) => Next::Repeat,
        (Outcome::Unknown, _) if target.repeatable => Next::Repeat,
        (Outcome::Unknown, _) => Next::End,
    }
}

fn is_away(error: &Error) -> bool {
    error.outcome() == Outcome::NotDone
        && matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Draining)
}

/// Waits before attempt number `attempt`; `false` if there is no time for one.
async fn pause(attempt: u32, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(clock::now());
    if left < PAUSE {
        return false;
    }
    // Near the deadline the pauses get shorter, so that what comes back late is still met.
    let most = PAUSE.saturating_mul(1 << (attempt - 1).min(6)).min(LONGEST_PAUSE).min(left / 2);
    clock::sleep(jitter(most)).await;
    true
}

#[cold]
fn all_away(target: &Target) -> Error {
    let peers = join(&target.peers.iter().map(|peer| peer.url.to_string()).list(), ", ");
    let text = format!("nobody who answers `{}` can be reached now: {peers}", target.pattern);
    Error::new(ErrorKind::Unreachable, Outcome::NotDone, text)
}
