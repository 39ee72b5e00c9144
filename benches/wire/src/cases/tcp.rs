//! Calls over one TCP connection.

use matchbus_benches::Line;

use super::{Effort, cost, loads, rate};
use crate::drive::Contender;
use crate::message::{Add, Whole};
use crate::ours::Calls;
use crate::peers::lines::Lines;
use crate::peers::tarpc::{Format, Tarpc};
use crate::peers::tonic::Tonic;
use crate::process::Server;

/// A peer, and how often its calls a second ours are to be with 64 and with 512 in flight.
type Goal = (&'static str, Option<f64>, Option<f64>);

const GOALS: [Goal; 4] = [
    ("tarpc, JSON", Some(3.0), Some(3.5)),
    ("tarpc, bincode", Some(2.0), None),
    ("tonic, unary", Some(4.0), None),
    ("bare lines of JSON", Some(0.85), Some(0.85)),
];

pub(crate) async fn run(effort: Effort) -> Vec<Line> {
    let servers = ["tcp", "tarpc-json", "tarpc-bincode", "tonic", "lines"].map(Server::start);
    let [ours, json, bincode, tonic, bare] = &servers;
    let mut lines = Vec::new();
    for load in loads() {
        let message = Add::of(load.bytes);
        let whole = || Whole::of(message.clone());
        let url = format!("tcp://127.0.0.1:{}", ours.port);
        let n = load.in_flight;
        let contenders = [
            Contender::new(ours, n, Calls::of(&url, message.clone()).await),
            Contender::new(json, n, Tarpc::open(json.port, Format::Json, whole()).await),
            Contender::new(bincode, n, Tarpc::open(bincode.port, Format::Bincode, whole()).await),
            Contender::new(tonic, n, Tonic::open(tonic.port, whole()).await),
            Contender::new(bare, n, Lines::open(bare.port, whole()).await),
        ];
        let slices = effort.take_turns(&contenders).await;
        for ((peer, at_64, at_512), theirs) in GOALS.into_iter().zip(&slices[1..]) {
            let goal = match n {
                64 => at_64,
                512 => at_512,
                _ => None,
            };
            let case = load.name("TCP, one connection", "k calls/s");
            lines.push(rate(case, peer, &slices[0], theirs, goal));
            let case = load.name("TCP, one connection", "CPU µs");
            lines.push(cost(case, peer, |it| it.cpu_us, [&slices[0], theirs], None));
        }
    }
    lines
}
