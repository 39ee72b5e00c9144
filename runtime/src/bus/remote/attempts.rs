//! Calls and one-way messages to other processes: attempts, until one of them is the last.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Remote;
use super::attempt::{Reply, Sending, note};
use super::failed::{ATTEMPTS, Away, Failed, Next, all_away, pause};
use super::peer::Peer;
use super::target::Target;
use crate::bus::Envelope;
use crate::bus::guard::{late, too_late};
use crate::bus::settings::Settings;
use crate::message::{CallError, Error, ErrorKind};
use crate::seam::clock::{self, Instant};
use crate::transport::Head;

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
        let mut failed = Failed::default();
        let (mut attempt, mut away) = (0, Away::default());
        loop {
            let goes_on = match asked {
                Asked::Ended(reply) => return Some(in_doubt(reply, failed)),
                Asked::TooLate => {
                    last.get_or_insert_with(|| Err(CallError::Bus(too_late())));
                    false
                }
                Asked::Nobody => {
                    last.get_or_insert_with(|| Err(CallError::Bus(all_away(&target))));
                    away.wait(deadline).await
                }
                Asked::Away(reply, peer) => {
                    failed.note(peer, Next::Other, bus_error(&reply));
                    last = Some(reply);
                    away.met(&target, deadline).await
                }
                Asked::Failed { reply, peer, attempts, paid } => {
                    failed.note(peer, Next::Repeat, bus_error(&reply));
                    last = Some(reply);
                    attempt += attempts;
                    attempt < ATTEMPTS && (paid || target.budget.repeat()) && pause(attempt, deadline).await
                }
            };
            match find() {
                Some(found) if goes_on && failed.lets_repeat(&found) => target = found,
                _ => return last.map(|last| in_doubt(last, failed)),
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
                Next::after(error, target)
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
        mut target: Arc<Target>,
        find: Find<'_>,
    ) -> Result<(), Error> {
        target.budget.message(clock::now());
        let mut failed = Failed::default();
        let mut last = None;
        let (mut attempt, mut away) = (0, Away::default());
        loop {
            if clock::now() >= deadline {
                return Err(failed.or_in_doubt(last.unwrap_or_else(too_late)));
            }
            let Some(peer) = failed.next(&target) else {
                let error = last.unwrap_or_else(|| all_away(&target));
                match away.wait(deadline).await.then(find).flatten() {
                    Some(found) if failed.lets_repeat(&found) => (target, last) = (found, Some(error)),
                    _ => return Err(failed.or_in_doubt(error)),
                }
                continue;
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
            let next = Next::after(&error, &target);
            failed.note(Arc::clone(peer), next, Some(&error));
            let goes_on = match next {
                Next::End => false,
                Next::Other => {
                    if error.kind() == ErrorKind::Unreachable {
                        target.budget.counts.mine().attempts.take_back();
                    }
                    away.met(&target, deadline).await
                }
                Next::Repeat => {
                    attempt += 1;
                    attempt < ATTEMPTS && target.budget.repeat() && pause(attempt, deadline).await
                }
            };
            match goes_on.then(find).flatten() {
                Some(found) if failed.lets_repeat(&found) => (target, last) = (found, Some(error)),
                _ => return Err(failed.or_in_doubt(error)),
            }
        }
    }
}

fn bus_error(reply: &Reply) -> Option<&Error> {
    reply.as_ref().err().and_then(CallError::bus)
}

fn in_doubt(reply: Reply, failed: Failed) -> Reply {
    reply.map_err(|error| match error {
        CallError::Bus(error) => CallError::Bus(failed.or_in_doubt(error)),
        app @ CallError::App(_) => app,
    })
}
