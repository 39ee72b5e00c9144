//! HTTP/1.1: our server under a raw client, and both of our ends.

use std::time::Duration;

use matchbus_benches::{Line, median, median_ratio};

use super::{Effort, Load, cost, loads, rate};
use crate::drive::Contender;
use crate::message::{Add, Whole};
use crate::ours::Calls;
use crate::peers::axum::{HyperUtil, PATH, Reqwest};
use crate::peers::raw::Raw;
use crate::process::Server;

/// Where our server takes messages.
pub(crate) const ACT: &str = "/act";

pub(crate) async fn run(effort: Effort) -> Vec<Line> {
    let (ours, axum) = (Server::start("http"), Server::start("axum"));
    let mut lines = Vec::new();
    for load in loads() {
        server(effort, load, [&ours, &axum], &mut lines).await;
        both(effort, load, [&ours, &axum], &mut lines).await;
    }
    drop((ours, axum));
    lines.push(memory(effort).await);
    lines
}

async fn server(effort: Effort, load: Load, [ours, axum]: [&Server; 2], lines: &mut Vec<Line>) {
    let Load { in_flight, bytes } = load;
    let message = Whole::of(Add::of(bytes));
    let contenders = [
        Contender::new(ours, in_flight, Raw::open(ours.port, ACT, in_flight, message.clone()).await),
        Contender::new(axum, in_flight, Raw::open(axum.port, PATH, in_flight, message).await),
    ];
    let slices = effort.take_turns(&contenders).await;
    let [ours, axum] = [&slices[0][..], &slices[1]];
    let goal = |goal: f64| (in_flight == 64).then_some(goal);
    let case = |unit| load.name("HTTP server under a raw client", unit);
    lines.push(rate(case("k requests/s"), "axum", ours, axum, goal(1.2)));
    lines.push(cost(case("CPU µs, server"), "axum", |it| it.server_us, [ours, axum], goal(0.85)));
    lines.push(cost(case("CPU µs, both ends"), "axum", |it| it.cpu_us, [ours, axum], goal(0.85)));
}

async fn both(effort: Effort, load: Load, [ours, axum]: [&Server; 2], lines: &mut Vec<Line>) {
    let Load { in_flight, bytes } = load;
    let message = Add::of(bytes);
    let whole = || Whole::of(message.clone());
    let url = format!("http://127.0.0.1:{}", ours.port);
    let contenders = [
        Contender::new(ours, in_flight, Calls::of(&url, message.clone()).await),
        Contender::new(axum, in_flight, Reqwest::new(axum.port, whole())),
        Contender::new(axum, in_flight, HyperUtil::new(axum.port, whole())),
    ];
    let slices = effort.take_turns(&contenders).await;
    for (at, peer, goal) in [(1, "axum, reqwest", 1.8), (2, "axum, hyper-util", 1.15)] {
        let goal = (in_flight > 1).then_some(goal);
        let case = load.name("HTTP, both ends", "k calls/s");
        lines.push(rate(case, peer, &slices[0], &slices[at], goal));
        let case = load.name("HTTP, both ends", "CPU µs");
        lines.push(cost(case, peer, |it| it.cpu_us, [&slices[0], &slices[at]], None));
    }
}

/// What a server holds with 512 open connections that have all been used, for small messages and for large ones.
async fn memory(effort: Effort) -> Line {
    const CONNECTIONS: usize = 512;
    let (mut ours, mut axum) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds.div_ceil(5) {
        for (name, path, figures) in [("http", ACT, &mut ours), ("axum", PATH, &mut axum)] {
            let server = Server::start(name);
            let mut raw = Raw::open(server.port, path, CONNECTIONS, Whole::of(Add::of(150))).await;
            for bytes in [150, 4096] {
                raw = raw.with(&Whole::of(Add::of(bytes)));
                raw = raw.use_all(Duration::from_millis(500)).await;
            }
            figures.push(server.resident_mb());
            drop(raw);
        }
    }
    let ratio = median_ratio(&ours, &axum);
    let case = "HTTP server, resident with 512 used connections (MB)";
    Line::new(case, "axum", median(&ours), median(&axum), ratio, 0.3)
}
