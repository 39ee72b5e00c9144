//! T21: all workers in turn are told to end by SIGTERM and started again, while calls come.
//!
//! The handlers declare no effect, so the bus tries again only what was certainly *not done* (rules R1 and R2): any call that a
//! stop left in doubt is an error that its caller sees. They write a line for each run, so that a second one would be seen.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use matchbus_tests::faults::Add;
use tokio::time::Instant;

use crate::load::{End, load_while};
use crate::report::Report;
use crate::worker::{Plan, RunDirectory, Worker, caller};
use crate::{Result, Setting};

const WORKERS: usize = 4;
/// How long a handler works, so that each stop finds some at work.
const WORK_MS: u64 = 20;
/// R15.
const LONGEST_STOP: Duration = Duration::from_secs(10);
/// How long the load goes on after the last stop.
const AFTER: Duration = Duration::from_secs(1);

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let rate = setting.pick(1_000, 200);
    let rounds: u32 = setting.pick(10, 1);
    let directory = RunDirectory::new(&setting)?;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Plan::new(setting.over, "effects", "")?.store(&directory).start().await?);
    }
    let bus = caller(workers.iter().map(Worker::address).collect::<Result<Vec<_>>>()?).await?;
    let began = Instant::now();
    // Load is there from the first stop until some time after the last, however long the machine takes for them.
    let over_at = OnceLock::new();
    let going_on = |_| over_at.get().is_none_or(|at| began.elapsed() < *at + AFTER);
    let loading = load_while(rate, going_on, |n| {
        let bus = bus.clone();
        async move {
            let key = n.to_string();
            let reply = bus.call(Add { key: key.clone(), ms: WORK_MS }).await;
            End::of(reply, |made| made.split(' ').next() == Some(&key))
        }
    });
    let stopping = async {
        let (mut stops, mut ill) = (Vec::new(), 0_u64);
        for _ in 0..rounds {
            for worker in &mut workers {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let (took, status) = worker.terminate().await?;
                stops.push(took);
                ill += u64::from(!status.success());
                worker.start_again().await?;
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((stops, ill))
    };
    let stopping = async {
        let stopped = stopping.await;
        // Also after a failure, or the load would never end.
        (stopped, *over_at.get_or_init(|| began.elapsed()))
    };
    let (samples, (stopped, over_at)) = tokio::join!(loading, stopping);
    let (stops, ill) = stopped?;
    let after = samples.0.iter().filter(|sample| sample.due() > over_at).count() as u64;
    let mut runs: BTreeMap<String, u64> = BTreeMap::new();
    for line in directory.lines()? {
        *runs.entry(line.split(' ').next().unwrap_or("").to_owned()).or_default() += 1;
    }
    let counts = bus.flows().to("fault:add");
    report.at_most("errors", samples.errors(), 0);
    report.exactly("effects", runs.len() as u64, samples.count());
    report.at_most("effects that were made twice", runs.values().filter(|runs| **runs > 1).count() as u64, 0);
    report.exactly("stops", stops.len() as u64, WORKERS as u64 * u64::from(rounds));
    report.at_most("stops with another code than 0", ill, 0);
    report.at_least("calls begun after the last stop", after, u64::from(rate) / 2);
    report.within("longest stop", stops.into_iter().max().unwrap_or_default(), LONGEST_STOP);
    report.see("calls", samples.count());
    report.see("calls a second", rate);
    report.see_ms("p99", samples.p99());
    report.see_ms("longest", samples.longest());
    report.see("repeats", counts.attempts - counts.messages);
    report.see("some errors", samples.some_errors());
    Ok(report)
}
