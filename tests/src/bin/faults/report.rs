//! What a program saw, its bars, and its line.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{Setting, machine};

#[derive(Debug)]
pub(crate) struct Report {
    test: &'static str,
    over: &'static str,
    full: bool,
    seen: Map<String, Value>,
    bars: Vec<Bar>,
}

#[derive(Debug)]
struct Bar {
    name: String,
    is: f64,
    rule: &'static str,
    limit: f64,
    ok: bool,
    /// Of a time, which a busy machine may spoil.
    latency: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// Only bars on times failed.
    Slow,
    Fail,
}

impl Report {
    pub(crate) fn new(setting: &Setting) -> Self {
        let Setting { test, over, full } = *setting;
        Report { test, over, full, seen: Map::new(), bars: Vec::new() }
    }

    /// A figure without a bar.
    pub(crate) fn see(&mut self, name: &str, is: impl Into<Value>) {
        self.seen.insert(name.to_owned(), is.into());
    }

    pub(crate) fn see_ms(&mut self, name: &str, is: Duration) {
        self.see(name, rounded(ms(is)));
    }

    /// A count, of which there may be so many.
    pub(crate) fn at_most(&mut self, name: &str, is: u64, limit: u64) {
        self.put(name, count(is), "<=", count(limit), is <= limit, false);
    }

    /// A count, of which there must be so many.
    pub(crate) fn at_least(&mut self, name: &str, is: u64, limit: u64) {
        self.put(name, count(is), ">=", count(limit), is >= limit, false);
    }

    /// A count that must be just this.
    pub(crate) fn exactly(&mut self, name: &str, is: u64, limit: u64) {
        self.put(name, count(is), "=", count(limit), is == limit, false);
    }

    /// A time in milliseconds.
    pub(crate) fn within(&mut self, name: &str, is: Duration, limit: Duration) {
        self.put(name, ms(is), "<=", ms(limit), is <= limit, true);
    }

    /// A ratio or rate that load on the machine may spoil.
    pub(crate) fn share_at_least(&mut self, name: &str, is: f64, limit: f64) {
        self.put(name, is, ">=", limit, is >= limit, true);
    }

    /// As [`share_at_least`](Report::share_at_least).
    pub(crate) fn share_at_most(&mut self, name: &str, is: f64, limit: f64) {
        self.put(name, is, "<=", limit, is <= limit, true);
    }

    fn put(&mut self, name: &str, is: f64, rule: &'static str, limit: f64, ok: bool, latency: bool) {
        self.bars.push(Bar { name: name.to_owned(), is, rule, limit, ok, latency });
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let failed = || self.bars.iter().filter(|bar| !bar.ok);
        if failed().next().is_none() {
            Verdict::Pass
        } else if failed().all(|bar| bar.latency) {
            Verdict::Slow
        } else {
            Verdict::Fail
        }
    }

    pub(crate) fn to_line(&self, attempt: u32) -> String {
        let verdict = match self.verdict() {
            Verdict::Pass => "pass",
            Verdict::Slow => "slow",
            Verdict::Fail => "fail",
        };
        let bars = self.bars.iter().map(|bar| {
            let said = json!({"is": rounded(bar.is), bar.rule: rounded(bar.limit), "ok": bar.ok});
            (bar.name.clone(), said)
        });
        let line = json!({
            "test": self.test,
            "over": self.over,
            "size": if self.full { "full" } else { "small" },
            "try": attempt,
            "verdict": verdict,
            "bars": bars.collect::<Map<_, _>>(),
            "seen": self.seen,
            "machine": machine::about(),
        });
        line.to_string()
    }
}

#[allow(clippy::cast_precision_loss)] // No count here comes near to 2^52.
fn count(is: u64) -> f64 {
    is as f64
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Whole numbers without a point, others with two digits after it.
fn rounded(is: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)] // They are counts and milliseconds.
    if is.fract() == 0.0 && is.abs() < 1e15 { json!(is as i64) } else { json!((is * 100.0).round() / 100.0) }
}
