use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// The times of the last answers to messages of one pattern, for the attempt time-out.
#[derive(Debug)]
pub(super) struct Latency {
    micros: [AtomicU32; Latency::KEPT],
    count: AtomicUsize,
}

impl Default for Latency {
    fn default() -> Self {
        Latency { micros: [const { AtomicU32::new(0) }; Latency::KEPT], count: AtomicUsize::new(0) }
    }
}

impl Latency {
    const KEPT: usize = 128;

    pub(super) fn note(&self, took: Duration) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX).max(1);
        let at = self.count.fetch_add(1, Ordering::Relaxed) % Self::KEPT;
        self.micros[at].store(micros, Ordering::Relaxed);
    }

    /// The second-longest of the last answers, which is the 99th percentile of 128; `None` before there were twenty.
    pub(super) fn p99(&self) -> Option<Duration> {
        if self.count.load(Ordering::Relaxed) < 20 {
            return None;
        }
        let (mut first, mut second) = (0, 0);
        for micros in &self.micros {
            let micros = micros.load(Ordering::Relaxed);
            if micros > first {
                (first, second) = (micros, first);
            } else if micros > second {
                second = micros;
            }
        }
        Some(Duration::from_micros(second.max(1).into()))
    }

    /// How long one attempt may take before another one: four times the 99th percentile, but at least 50 ms and at most half
    /// of what is left (rule R5). `None` if the other one could not end in the half that would be left to it.
    pub(super) fn patience(&self, left: Duration, only_one_peer: bool) -> Option<Duration> {
        let half = left / 2;
        match self.p99() {
            None => Some(half),
            Some(p99) if p99 >= half => None,
            // Another attempt would go to the same process: what is slow there, such as attempts of its own, would begin
            // anew. It is for what got lost on the way.
            Some(_) if only_one_peer => Some(half),
            Some(p99) => Some((p99 * 4).max(Duration::from_millis(50)).min(half)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_follows_what_was_seen_within_its_bounds() {
        let latency = Latency::default();
        let second = Duration::from_secs(1);
        assert_eq!(latency.patience(second, false), Some(second / 2));
        for _ in 0..100 {
            latency.note(Duration::from_millis(1));
        }
        assert_eq!(latency.patience(second, false), Some(Duration::from_millis(50)));
        for _ in 0..5 {
            latency.note(Duration::from_millis(30));
        }
        assert_eq!(latency.patience(second, false), Some(Duration::from_millis(120)));
        assert_eq!(latency.patience(Duration::from_millis(100), false), Some(Duration::from_millis(50)));
        assert_eq!(latency.patience(second, true), Some(second / 2));
        assert_eq!(latency.patience(Duration::from_millis(60), false), None);
    }
}
