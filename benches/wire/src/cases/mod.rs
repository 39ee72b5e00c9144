//! What is compared, and how good is good enough.

pub(crate) mod http;
pub(crate) mod process;
pub(crate) mod seneca;
pub(crate) mod tcp;

use std::time::Duration;

use matchbus_benches::{Line, median, median_ratio};

use crate::drive::{Contender, Slice};
use crate::message::{Add, Whole};
use crate::ours::Calls;
use crate::peers::raw::Raw;
use crate::process::Server;

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) slice: Duration,
}

impl Effort {
    pub(crate) fn of(quick: bool) -> Self {
        let (rounds, slice) = if quick { (5, 60) } else { (15, 150) };
        Effort { rounds, slice: Duration::from_millis(slice) }
    }

    /// Lets all contenders take turns; the slices of each.
    async fn take_turns(self, contenders: &[Contender<'_>]) -> Vec<Vec<Slice>> {
        for contender in contenders {
            // Connections are made and buffers grow.
            contender.run(self.slice).await;
        }
        let mut slices = vec![Vec::new(); contenders.len()];
        for _ in 0..self.rounds {
            for (contender, slices) in contenders.iter().zip(&mut slices) {
                slices.push(contender.run(self.slice).await);
            }
        }
        slices
    }
}

/// One number of load and one size of message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) in_flight: usize,
    pub(crate) bytes: usize,
}

/// All that is measured.
pub(crate) fn loads() -> impl Iterator<Item = Load> {
    let sizes = [150, 4096].into_iter();
    sizes.flat_map(|bytes| [1, 64, 512].into_iter().map(move |in_flight| Load { in_flight, bytes }))
}

impl Load {
    fn name(self, what: &str, unit: &str) -> String {
        let size = if self.bytes == 150 { "150 B" } else { "4 KB" };
        format!("{what}, {} in flight, {size} ({unit})", self.in_flight)
    }
}

fn rates(slices: &[Slice]) -> Vec<f64> {
    slices.iter().map(|slice| slice.rate / 1e3).collect()
}

/// Calls a second, of which there are to be many. Without a goal the line only informs.
fn rate(case: String, peer: &str, ours: &[Slice], theirs: &[Slice], goal: Option<f64>) -> Line {
    let (ours, theirs) = (rates(ours), rates(theirs));
    let ratio = median_ratio(&ours, &theirs);
    Line::at_least(case, peer, median(&ours), median(&theirs), ratio, goal.unwrap_or(0.0))
}

/// Processor time of a call, of which there is to be little. Without a goal the line only informs.
fn cost(
    case: String,
    peer: &str,
    of: fn(&Slice) -> f64,
    [ours, theirs]: [&[Slice]; 2],
    goal: Option<f64>,
) -> Line {
    let figures = |slices: &[Slice]| slices.iter().map(of).collect::<Vec<f64>>();
    let (ours, theirs) = (figures(ours), figures(theirs));
    let ratio = median_ratio(&ours, &theirs);
    let line = Line::new(case, peer, median(&ours), median(&theirs), ratio, goal.unwrap_or(0.0));
    Line { met: goal.is_none() || line.met, ..line }
}

/// Only ours, for a profiler.
pub(crate) async fn load(name: &str, in_flight: usize, seconds: usize) {
    let server = Server::start(if name == "tcp" { "tcp" } else { "http" });
    let message = Add::of(150);
    let ours = if name == "raw" {
        let raw = Raw::open(server.port, http::ACT, in_flight, Whole::of(message)).await;
        Contender::new(&server, in_flight, raw)
    } else {
        let url = format!("{name}://127.0.0.1:{}", server.port);
        Contender::new(&server, in_flight, Calls::of(&url, message).await)
    };
    for _ in 0..seconds {
        let Slice { rate, cpu_us, server_us } = ours.run(Duration::from_secs(1)).await;
        println!("{rate:.0} calls/s, {cpu_us:.2} µs of CPU a call, the server's {server_us:.2}");
    }
}
