//! T21: all workers in turn are told to end by SIGTERM and started again, while calls come.
//!
//! The handlers declare no effect, so the bus tries again only what was certainly *not done* (rules R1 and R2): any call that a
//! stop left in doubt is an error that its caller sees. They write a line for each run, so that a second one would be seen.

use std::collections::BTreeMap;
use std::time::Duration;

use matchbus_tests::faults::Add;

use crate::load::{End, load};
use crate::report::Report;
use crate::worker::{Plan, RunDirectory, Worker, caller};
use crate::{Result, Setting};

const WORKERS: usize = 4;
/// How long a handler works, so that each stop finds some at work.
const WORK_MS: u64 = 20;
/// R15.
const LONGEST_STOP: Duration = Duration::from_secs(10);

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let rate = setting.pick(1_000, 200);
    let rounds = setting.pick(10, 1);
    // So that load is there from the first stop to the last.
    let time = Duration::from_millis(setting.pick(700, 600)) * rounds * 4 + Duration::from_secs(1);
    let directory = RunDirectory::new(&setting)?;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Plan::new(setting.over, "effects", "")?.store(&directory).start().await?);
    }
    let bus = caller(workers.iter().map(Worker::address).collect::<Result<Vec<_>>>()?).await?;
    let loading = load(rate, time, |n| {
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
    let (samples, stopped) = tokio::join!(loading, stopping);
    let (stops, ill) = stopped?;
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
    report.within("longest stop", stops.into_iter().max().unwrap_or_default(), LONGEST_STOP);
    report.see("calls", samples.count());
    report.see("calls a second", rate);
    report.see_ms("p99", samples.p99());
    report.see_ms("longest", samples.longest());
    report.see("repeats", counts.attempts - counts.messages);
    report.see("some errors", samples.some_errors());
    Ok(report)
}
