//! Rule R14: a runtime whose threads all hang cannot notice it, so a thread outside of it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::log::say;
use crate::bus::Bus;
use crate::seam::{outside, task};

/// What the watchdog does about a runtime that has been silent for some time.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Well,
    /// After twice the deadline: no more messages, please.
    NotReady,
    /// After four times the deadline: end the process; whoever supervises it starts another.
    End,
}

fn judge(silent: Duration, deadline: Duration) -> Verdict {
    if silent >= deadline * 4 {
        Verdict::End
    } else if silent >= deadline * 2 {
        Verdict::NotReady
    } else {
        Verdict::Well
    }
}

/// As long as this lives, the runtime is watched.
#[derive(Debug)]
#[must_use = "it ends the watching"]
pub(super) struct Watched(#[allow(dead_code)] Arc<()>); // Only whether it lives is looked at.

/// Watches the runtime that this is called on, also while it drains: handlers that hang would keep it from ending.
///
/// It wakes no thread of a runtime that rests: one that is parked can be woken, and nothing is in flight, so the runtime is well.
/// Else one is asked for a sign. A thread that blocks in a handler may have left nobody to look for what the sockets bring, while
/// another one is parked; to be asked wakes that one, and it looks.
pub(super) fn watch(bus: &Bus) -> Watched {
    watch_or(bus, |silent| {
        say(&format!("error: every thread of the runtime has hung for {silent:?}; ending"));
        std::process::exit(70);
    })
}

/// As [`watch`], with what is done in the end.
fn watch_or(bus: &Bus, end: impl FnOnce(Duration) + Send + 'static) -> Watched {
    let (bus, runtime) = (bus.clone(), task::Runtime::current());
    let watched = Arc::new(());
    let goes_on = Arc::downgrade(&watched);
    let watch = move || {
        let mut watch = Watch::new(bus.default_timeout());
        loop {
            outside::sleep(watch.step());
            if goes_on.strong_count() == 0 {
                return;
            }
            let rests = || runtime.rests() && bus.core().in_flight() == 0;
            match watch.look(rests, |sign| runtime.spawn(async move { sign.give() })) {
                Verdict::Well => bus.set_ready(true),
                Verdict::NotReady => {
                    bus.set_ready(false);
                    tracing::error!("every thread of the runtime hangs; a handler blocks without awaiting");
                }
                Verdict::End => return end(watch.silent),
            }
        }
    };
    if let Err(cause) = outside::spawn("matchbus-watchdog", watch) {
        tracing::error!("no watchdog: {cause}");
    }
    Watched(watched)
}

/// What is known of the runtime's threads.
#[derive(Debug)]
struct Watch {
    deadline: Duration,
    /// For how long there was no sign of them. Not by the clock: a process that was stopped for a while did not hang.
    silent: Duration,
    /// How long ago it was asked for a sign that has not come.
    asked: Option<Duration>,
    sign: Arc<Sign>,
}

/// Given by a thread of the runtime.
#[derive(Debug, Default)]
struct Sign(AtomicBool);

impl Sign {
    fn give(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    fn new(deadline: Duration) -> Self {
        Watch { deadline, silent: Duration::ZERO, asked: None, sign: Arc::default() }
    }

    /// How long until the next look: seldom, but so often that what begins to hang just after one is found in time.
    fn step(&self) -> Duration {
        let step = if self.silent.is_zero() { self.deadline / 2 } else { self.deadline / 8 };
        step.max(Duration::from_millis(10))
    }

    /// After a [`step`](Watch::step).
    fn look(&mut self, rests: impl FnOnce() -> bool, ask: impl FnOnce(Arc<Sign>)) -> Verdict {
        let step = self.step();
        self.silent += step;
        let asked = self.asked.map(|ago| ago + step);
        let signed = self.sign.0.swap(false, Ordering::Relaxed);
        self.asked = asked.filter(|_| !signed);
        if rests() {
            self.silent = Duration::ZERO;
        } else {
            if let (Some(ago), true) = (asked, signed) {
                // It lived when it was asked; what came after that, nobody knows.
                self.silent = self.silent.min(ago);
            }
            if self.asked.is_none() {
                self.asked = Some(Duration::ZERO);
                ask(Arc::clone(&self.sign));
            }
        }
        judge(self.silent, self.deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_goes_after_two_deadlines_and_the_process_after_four() {
        let deadline = Duration::from_secs(5);
        assert_eq!(judge(Duration::from_secs(9), deadline), Verdict::Well);
        assert_eq!(judge(Duration::from_secs(10), deadline), Verdict::NotReady);
        assert_eq!(judge(Duration::from_secs(20), deadline), Verdict::End);
    }

    /// A runtime that nobody drives, with a bus whose deadline is short, while it is watched; what the end tells.
    fn hanging() -> (Watched, std::sync::mpsc::Receiver<Duration>, Bus) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bus = runtime.block_on(async {
            let bus = Bus::builder().timeout(Duration::from_millis(20)).start().unwrap();
            bus.shutdown().await;
            bus
        });
        let (tell, told) = std::sync::mpsc::channel();
        let _on = runtime.enter();
        let watched = watch_or(&bus, move |silent| tell.send(silent).unwrap());
        (watched, told, bus)
    }

    #[test]
    fn a_runtime_that_hangs_while_it_drains_is_ended() {
        let (watched, told, bus) = hanging();
        assert!(!bus.is_ready());
        assert!(
            told.recv_timeout(Duration::from_secs(30))
                .is_ok_and(|silent| silent >= bus.default_timeout() * 4)
        );
        drop(watched);
    }

    #[test]
    fn nobody_watches_when_the_program_has_ended() {
        let (watched, told, _) = hanging();
        drop(watched);
        assert_eq!(
            told.recv_timeout(Duration::from_secs(30)),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        );
    }

    #[test]
    fn a_runtime_that_hangs_is_found_within_two_deadlines() {
        let deadline = Duration::from_secs(8);
        for signs in [0, 1] {
            let mut watch = Watch::new(deadline);
            let (mut asked, mut signed) = (0, 0);
            // It may hang since the moment after its last sign.
            let mut hangs = Duration::ZERO;
            let mut next = |watch: &mut Watch| {
                hangs += watch.step();
                watch.look(
                    || false,
                    |sign| {
                        asked += 1;
                        if signed < signs {
                            (signed, hangs) = (signed + 1, Duration::ZERO);
                            sign.give();
                        }
                    },
                )
            };
            while next(&mut watch) == Verdict::Well {}
            while next(&mut watch) == Verdict::NotReady {}
            assert!(hangs > deadline * 3 && hangs <= deadline * 4, "{hangs:?}");
            assert_eq!(asked, signs + 1, "it is asked once and not again and again");
        }
    }

    #[test]
    fn a_runtime_that_rests_is_not_woken_and_one_that_works_gives_a_sign() {
        let mut watch = Watch::new(Duration::from_secs(8));
        for _ in 0..10 {
            assert_eq!(watch.look(|| true, |_| panic!("it rests")), Verdict::Well);
            assert_eq!(watch.step(), Duration::from_secs(4));
        }
        for _ in 0..100 {
            assert_eq!(watch.look(|| false, |sign| sign.give()), Verdict::Well);
        }
    }
}
