//! A timer that outlives what it is for.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::clock::{self, Instant};

/// Ends one wait after the other at its deadline, as most waits end long before: to set a timer for each takes a lock that all
/// threads share, twice, and touches the memory of its neighbours. So this one is left as it is set while it is not too
/// late, and set anew when it has come too early.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Pin<Box<tokio::time::Sleep>>>);

impl Alarm {
    /// Whether the deadline has come; if not, the task is woken then, and perhaps once before.
    pub(crate) fn poll(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(clock::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_own_deadline() {
        let (mut alarm, start) = (Alarm::default(), clock::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        // A wait that ended before its time.
        assert!(poll_fn(|context| Poll::Ready(alarm.poll(at(5), context))).await.is_pending());
        // A shorter one, longer ones, and one whose time was over before it began.
        for (deadline, ends) in [(2, 2), (3, 3), (9, 9), (4, 9)] {
            poll_fn(|context| alarm.poll(at(deadline), context)).await;
            assert_eq!(clock::now().duration_since(start).as_secs(), ends);
        }
    }
}
