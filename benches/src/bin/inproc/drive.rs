//! Closed loops: so many calls in flight, each waiting for its reply before the next.

use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use matchbus_benches::{clock, count};
use tokio::runtime::Runtime;

/// The runtime's threads, as many as the reference's.
pub(crate) const WORKERS: u16 = 2;

/// One measured operation; `lane` is the number of the loop that asks for it.
pub(crate) trait Op: Send + Sync + 'static {
    fn call(&self, lane: usize) -> impl Future<Output = ()> + Send;
}

/// What one slice of time gave.
pub(crate) struct Slice {
    /// Nanoseconds of processor time of one call.
    pub(crate) cpu_ns: f64,
    /// Calls a second of the time that other programs left to us.
    pub(crate) rate: f64,
}

/// An operation, ready to be run for a slice of time.
pub(crate) struct Case<'a> {
    run: Box<dyn Fn(usize, Duration) -> Slice + 'a>,
    count: Box<dyn Fn() -> f64 + 'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(runtime: &'a Runtime, op: impl Op) -> Self {
        let op = Arc::new(op);
        let counted = Arc::clone(&op);
        Case {
            run: Box::new(move |in_flight, slice| run(runtime, &op, in_flight, slice)),
            count: Box::new(move || allocations(runtime, &counted)),
        }
    }

    /// Runs `in_flight` loops for a slice of time.
    pub(crate) fn run(&self, in_flight: usize, slice: Duration) -> Slice {
        (self.run)(in_flight, slice)
    }

    /// Allocations of one call.
    pub(crate) fn allocations(&self) -> f64 {
        (self.count)()
    }
}

/// How many calls go between two looks at the clock.
const BATCH: u32 = 64;

fn run<O: Op>(runtime: &Runtime, op: &Arc<O>, in_flight: usize, slice: Duration) -> Slice {
    let (cpu, waited) = at_rest();
    let start = Instant::now();
    let end = start + slice;
    let lanes: Vec<_> = (0..in_flight)
        .map(|lane| {
            let op = Arc::clone(op);
            runtime.spawn(async move {
                let mut calls = 0;
                loop {
                    for _ in 0..BATCH {
                        op.call(lane).await;
                    }
                    calls += u64::from(BATCH);
                    let now = Instant::now();
                    if now >= end {
                        return (calls, now);
                    }
                    if in_flight > 1 {
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    let lanes: Vec<(u64, Instant)> = runtime
        .block_on(async { futures_util::future::join_all(lanes).await.into_iter().collect::<Result<_, _>>() })
        .expect("a lane panicked");
    let calls = lanes.iter().map(|(calls, _)| calls).sum::<u64>() as f64;
    let wall = lanes.iter().map(|(_, end)| *end).max().map_or(0.0, |end| (end - start).as_nanos() as f64);
    let (cpu_after, waited_after) = at_rest();
    let (cpu, waited) = ((cpu_after - cpu) as f64, (waited_after - waited) as f64);
    // What a worker was ready to do while the kernel ran another program is no fault of ours; what it sleeps is. The
    // wait of single threads cannot be told apart at the ends of a slice, so the time left is at least that used.
    let threads = in_flight.min(WORKERS.into()) as f64;
    let left = (wall - waited / threads).max(cpu / threads);
    Slice { cpu_ns: cpu / calls, rate: calls * 1e9 / left }
}

/// The kernel brings a thread's figures up to date when it stops; the workers stop soon after their last task.
fn at_rest() -> (u64, u64) {
    thread::sleep(Duration::from_micros(500));
    clock::process_ns()
}

fn allocations<O: Op>(runtime: &Runtime, op: &Arc<O>) -> f64 {
    const CALLS: u32 = 1000;
    let calls = |calls| {
        let op = Arc::clone(op);
        let lane = async move {
            for _ in 0..calls {
                op.call(0).await;
            }
        };
        runtime.block_on(runtime.spawn(lane)).expect("a lane panicked");
    };
    calls(100);
    // The task itself and what else is not the calls' is counted by a run without any.
    let without = count::allocations(|| calls(0));
    (count::allocations(|| calls(CALLS)) - without) as f64 / f64::from(CALLS)
}
