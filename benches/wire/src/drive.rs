//! Closed loops: so many calls in flight, each waiting for its reply before the next.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use matchbus_benches::clock;

use crate::process::Server;

/// One measured call; `lane` is the number of the loop that asks for it.
pub(crate) trait Op: Send + Sync + 'static {
    fn call(&self, lane: usize) -> impl Future<Output = ()> + Send;
}

/// What one slice of time gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    /// Calls a second.
    pub(crate) rate: f64,
    /// Microseconds of processor time of one call, at both ends.
    pub(crate) cpu_us: f64,
    /// The server's part of it.
    pub(crate) server_us: f64,
}

type Run = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = (u64, f64)> + Send>>>;

/// An operation ready to be run, and the server at its other end.
pub(crate) struct Contender<'a> {
    run: Run,
    server: &'a Server,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(server: &'a Server, in_flight: usize, op: impl Op) -> Self {
        let op = Arc::new(op);
        let run: Run = Box::new(move |slice| Box::pin(closed_loop(Arc::clone(&op), in_flight, slice)));
        Contender { run, server }
    }

    /// Runs its loops for a slice of time.
    pub(crate) async fn run(&self, slice: Duration) -> Slice {
        let (own, server) = (clock::process_ns().0, self.server.cpu_ns());
        let (calls, seconds) = (self.run)(slice).await;
        let server = self.server.cpu_ns().saturating_sub(server) as f64;
        let both = clock::process_ns().0.saturating_sub(own) as f64 + server;
        let calls = calls as f64;
        Slice { rate: calls / seconds, cpu_us: both / 1e3 / calls, server_us: server / 1e3 / calls }
    }
}

/// So many loops for a slice of time: how many calls were answered, and in how many seconds.
pub(crate) async fn closed_loop<O: Op>(op: Arc<O>, in_flight: usize, slice: Duration) -> (u64, f64) {
    let start = Instant::now();
    let end = start + slice;
    let lanes: Vec<_> = (0..in_flight)
        .map(|lane| {
            let op = Arc::clone(&op);
            tokio::spawn(async move {
                let mut calls = 0_u64;
                while Instant::now() < end {
                    op.call(lane).await;
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut calls = 0;
    for lane in lanes {
        calls += lane.await.expect("a lane panicked");
    }
    (calls, start.elapsed().as_secs_f64())
}
