//! A load of constant rate, whatever the answers do: times count from when a call should have begun.

use std::time::Duration;

use matchbus::{CallError, Outcome};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How one call ended.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Its number in the load.
    pub(crate) n: u64,
    /// From when it should have begun to its end.
    pub(crate) took: Duration,
    /// From when it did begin.
    pub(crate) held: Duration,
    /// When it ended, since the load began.
    pub(crate) at: Duration,
    pub(crate) end: End,
}

/// What a caller saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The reply was the right one.
    Reply,
    /// An error: its outcome, code and text.
    Error(Outcome, String, String),
    /// A reply that is not the right one.
    Wrong(String),
}

impl End {
    /// Of a call's result, which is right if `right` says so.
    pub(crate) fn of<T: std::fmt::Debug, E: matchbus::MessageError>(
        result: Result<T, CallError<E>>,
        right: impl FnOnce(&T) -> bool,
    ) -> Self {
        match result {
            Ok(reply) if right(&reply) => End::Reply,
            Ok(reply) => End::Wrong(format!("{reply:?}")),
            Err(error) => End::Error(error.outcome(), error.code(), error.to_string()),
        }
    }
}

/// Calls `rate` times a second for `time`, and waits until all calls have ended.
pub(crate) async fn load<F, Fut>(rate: u32, time: Duration, call: F) -> Samples
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = End> + Send + 'static,
{
    let total = (f64::from(rate) * time.as_secs_f64()).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of calls.
    let total = total as u64;
    load_while(rate, |n| n < total, call).await
}

/// As [`load`], with as many calls as `more` wants, which is asked before each of them.
pub(crate) async fn load_while<F, Fut>(rate: u32, more: impl Fn(u64) -> bool, call: F) -> Samples
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = End> + Send + 'static,
{
    let (tell, mut told) = mpsc::unbounded_channel();
    let began = Instant::now();
    for n in (0..).take_while(|n| more(*n)) {
        #[allow(clippy::cast_precision_loss)] // As above.
        let due = began + Duration::from_secs_f64(n as f64 / f64::from(rate));
        if due > Instant::now() {
            tokio::time::sleep_until(due).await;
        }
        let (call, tell) = (call(n), tell.clone());
        tokio::spawn(async move {
            let started = Instant::now();
            let end = call.await;
            let now = Instant::now();
            let sample = Sample { n, took: now - due, held: now - started, at: now - began, end };
            // It is only not listened to when the program is over.
            let _ = tell.send(sample);
        });
    }
    drop(tell);
    let mut all = Vec::new();
    while let Some(sample) = told.recv().await {
        all.push(sample);
    }
    Samples(all)
}

/// The rate for a run: the one that is asked for in a full run. A small one runs beside other programs, and what the machine
/// cannot do at all says nothing of a fault: it takes the half, and the half of that, until the machine keeps up with it.
pub(crate) async fn paced<F, Fut>(setting: &crate::Setting, full: u32, small: u32, call: F) -> u32
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = End> + Send + 'static,
{
    let mut rate = setting.pick(full, small);
    while !setting.full && rate > LEAST_RATE {
        let samples = load(rate, Duration::from_millis(500), &call).await;
        if samples.errors() == 0 && samples.p99() < KEEPS_UP {
            break;
        }
        rate /= 2;
    }
    rate
}

/// A machine that keeps up with a load has no queue of this length.
const KEEPS_UP: Duration = Duration::from_millis(100);
const LEAST_RATE: u32 = 25;

/// The calls of one load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(pub(crate) Vec<Sample>);

impl Sample {
    /// When it should have begun, since the load began.
    pub(crate) fn due(&self) -> Duration {
        self.at.saturating_sub(self.took)
    }
}

impl Samples {
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// How many did not end with the right reply.
    pub(crate) fn errors(&self) -> u64 {
        self.0.iter().filter(|sample| sample.end != End::Reply).count() as u64
    }

    /// The texts of some of the errors, for people.
    pub(crate) fn some_errors(&self) -> Vec<String> {
        let errors = self.0.iter().filter(|sample| sample.end != End::Reply);
        let texts =
            errors.take(3).map(|sample| format!("#{} after {:?}: {:?}", sample.n, sample.held, sample.end));
        texts.collect()
    }

    /// The time within which this share of the right replies came.
    pub(crate) fn within(&self, share: f64) -> Duration {
        let replies = self.0.iter().filter(|sample| sample.end == End::Reply);
        percentile(replies.map(|sample| sample.took).collect(), share)
    }

    pub(crate) fn p99(&self) -> Duration {
        self.within(0.99)
    }

    pub(crate) fn longest(&self) -> Duration {
        self.0.iter().map(|sample| sample.took).max().unwrap_or_default()
    }
}

/// The time within which this share of all is; zero for none.
pub(crate) fn percentile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // As above.
    let place = (times.len() as f64 * share).ceil() as usize;
    times.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
