//! Rule R14: a runtime whose threads all hang cannot notice it, so a thread outside of it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::log::say;
use crate::bus::Bus;
use crate::seam::{clock, outside, task};

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

/// Watches the runtime that this is called on until the bus is shut down.
pub(super) fn watch(bus: &Bus) {
    let deadline = bus.default_timeout();
    let beats = Arc::new(AtomicU64::new(0));
    let step = (deadline / 8).max(Duration::from_millis(10));
    task::spawn({
        let (beats, bus) = (Arc::clone(&beats), bus.clone());
        async move {
            while !bus.is_draining() {
                beats.fetch_add(1, Ordering::Relaxed);
                clock::sleep(step).await;
            }
        }
    });
    let bus = bus.clone();
    let watch = move || {
        let (mut seen, mut since) = (0, outside::now());
        while !bus.is_draining() {
            outside::sleep(step);
            let now = beats.load(Ordering::Relaxed);
            if now != seen {
                (seen, since) = (now, outside::now());
            }
            match judge(since.elapsed(), deadline) {
                Verdict::Well => bus.set_ready(true),
                Verdict::NotReady => {
                    bus.set_ready(false);
                    tracing::error!("every thread of the runtime hangs; a handler blocks without awaiting");
                }
                Verdict::End => {
                    say(&format!(
                        "error: every thread of the runtime has hung for {:?}; ending",
                        since.elapsed()
                    ));
                    std::process::exit(70);
                }
            }
        }
    };
    if let Err(cause) = outside::spawn("matchbus-watchdog", watch) {
        tracing::error!("no watchdog: {cause}");
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
}
