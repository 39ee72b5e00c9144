//! Calls within one process beside a bare boxed future, tower, channels, kameo, tarpc, axum.
//!
//! `cargo run --release -p matchbus-benches --features peers --bin inproc -- [--quick] [--json]`

mod drive;
mod message;
mod ours;
mod peers;

use std::time::Duration;

use drive::{Case, WORKERS};
use matchbus_benches::{Line, Options, count, median, median_ratio, print, range, take_turns};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: count::Counting = count::Counting;

fn main() {
    let options = Options::from_command_line();
    let (rounds, slice) = if options.quick { (5, 15) } else { (21, 40) };
    let slice = Duration::from_millis(slice);
    // First: once a message went from thread to thread, as it does with some peers, its memory stays with the thread that freed
    // it, beside what other threads write. From then on cases that share nothing get in each other's way, or not, as it happens.
    let rates = rates(rounds, slice);
    let runtime = workers();
    // Some peers spawn tasks when they are made.
    let _inside = runtime.enter();
    let by_ref = Case::new(&runtime, ours::ByRef::new());
    let owned = Case::new(&runtime, ours::Owned::new());
    let bytes = Case::new(&runtime, ours::Bytes::new());
    let boxed = Case::new(&runtime, peers::Boxed::new());
    let tower = Case::new(&runtime, peers::Tower::new());
    let channels = Case::new(&runtime, peers::Channels::new());
    let kameo = Case::new(&runtime, peers::Kameo::new());
    let tarpc = Case::new(&runtime, peers::Tarpc::new());
    let unrouted = Case::new(&runtime, peers::Unrouted::new());
    let axum = Case::new(&runtime, peers::Axum::new());

    let mut lines = Vec::new();
    let mut spreads = Vec::new();

    let all = [&by_ref, &owned, &bytes, &boxed, &tower, &channels, &kameo, &tarpc, &unrouted, &axum];
    let [
        by_ref_ns,
        owned_ns,
        bytes_ns,
        boxed_ns,
        tower_ns,
        channels_ns,
        kameo_ns,
        tarpc_ns,
        unrouted_ns,
        axum_ns,
    ] = figures(rounds, all.map(|case| move || case.run(1, slice).cpu_ns));
    let pairs = [
        ("typed call by reference (CPU ns)", "boxed dyn Fn", &by_ref_ns, &boxed_ns, 1.3),
        ("typed call, owned (CPU ns)", "tower BoxService", &owned_ns, &tower_ns, 1.05),
        ("typed call, owned (CPU ns)", "mpsc + oneshot", &owned_ns, &channels_ns, 0.30),
        ("typed call, owned (CPU ns)", "kameo ask", &owned_ns, &kameo_ns, 0.14),
        ("typed call, owned (CPU ns)", "tarpc in memory", &owned_ns, &tarpc_ns, 0.03),
        ("bytes among 1,000 patterns (CPU ns)", "serde_json, no routing", &bytes_ns, &unrouted_ns, 1.10),
        ("bytes among 1,000 patterns (CPU ns)", "axum oneshot, 100 routes", &bytes_ns, &axum_ns, 0.30),
    ];
    for (case, peer, ours, theirs, goal) in pairs {
        lines.push(Line::new(case, peer, median(ours), median(theirs), median_ratio(ours, theirs), goal));
        spreads.push(range(ours, theirs));
    }
    lines.push(Line::limit("typed call by reference (allocations)", by_ref.allocations(), 1.0));
    // Beyond those that the peer does for the same.
    lines.push(Line::limit(
        "typed call, owned (allocations)",
        owned.allocations(),
        tower.allocations() + 1.0,
    ));
    lines.push(Line::limit(
        "bytes among 1,000 patterns (allocations)",
        bytes.allocations(),
        unrouted.allocations() + 1.0,
    ));
    spreads.extend(["", "", ""].map(String::from));

    for (line, spread) in rates {
        lines.push(line);
        spreads.push(spread);
    }
    print(&lines, options.json);
    if !options.json {
        println!("\nratios of single rounds, smallest–largest:");
        for (line, spread) in lines.iter().zip(&spreads).filter(|(_, spread)| !spread.is_empty()) {
            println!("{spread}  {} / {}", line.case, line.peer);
        }
    }
    std::process::exit(i32::from(lines.iter().any(|line| !line.met)));
}

fn workers() -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS.into()).enable_time().build();
    runtime.expect("the system has threads")
}

/// What many calls in flight gain over one, and the ratios of single rounds.
fn rates(rounds: usize, slice: Duration) -> Vec<(Line, String)> {
    let runtime = workers();
    let rate = |case: &'static str, ours: Case<'_>| {
        let ours = &ours;
        let run = |in_flight| move || ours.run(in_flight, slice * 2).rate / 1e6;
        let [one, many] = figures(rounds, [Box::new(run(1)) as Box<dyn Fn() -> f64>, Box::new(run(64))]);
        let case = format!("{case}, 64 in flight on {WORKERS} workers (M calls/s)");
        let line =
            Line::at_least(case, "1 in flight", median(&many), median(&one), median_ratio(&many, &one), 1.85);
        (line, range(&many, &one))
    };
    let mut rates = vec![
        rate("typed call by reference", Case::new(&runtime, ours::ByRef::new())),
        rate("typed call, owned", Case::new(&runtime, ours::Owned::new())),
        rate("bytes", Case::new(&runtime, ours::Bytes::new())),
    ];
    // Peers that allocate as we do and share nothing between lanes: what keeps them from a gain is the machine's and keeps us
    // from it too. No goal, but a missed one cannot be judged without them.
    let controls = [
        rate("control: tower BoxService", Case::new(&runtime, peers::Tower::new())),
        rate("control: serde_json, no routing", Case::new(&runtime, peers::Unrouted::new())),
    ];
    rates.extend(controls.map(|(mut line, spread)| {
        (line.goal, line.met) = (0.0, true);
        (line, spread)
    }));
    rates
}

/// The cases' figures round by round.
#[allow(clippy::needless_pass_by_value)] // An array of closures is given away.
fn figures<const N: usize>(rounds: usize, cases: [impl Fn() -> f64; N]) -> [Vec<f64>; N] {
    let mut turns: Vec<Box<dyn FnMut() -> f64 + '_>> =
        cases.iter().map(|case| Box::new(case) as Box<dyn FnMut() -> f64 + '_>).collect();
    take_turns(rounds, &mut turns).try_into().expect("as many figures as cases")
}
