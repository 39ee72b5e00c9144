//! T01: kill -9 one of four workers each second; a supervisor starts it again.
//!
//! An effect is a symbolic link named for its key, made in one step of the file system. So it is there once or not at all, also when
//! a handler runs twice: what this proves is that retries over *unknown* with an idempotent handler lose nothing, double
//! nothing and show nothing to callers. Deduplication in the memory of a process that is killed could not (rule R7).

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use matchbus_tests::faults::Put;
use tokio::time::{Instant, sleep, sleep_until};

use crate::load::{End, load};
use crate::report::Report;
use crate::worker::{Plan, Random, RunDirectory, Worker, caller};
use crate::{Result, Setting};

const WORKERS: usize = 4;
/// How long a handler works, so that those that are killed have something in hand.
const WORK_MS: u64 = 4;
/// How long the supervisor takes.
const DOWN: Duration = Duration::from_millis(200);
/// R9: how much longer a call may take whose worker was killed, but for one in a thousand.
const FAIL_OVER: Duration = Duration::from_millis(100);
const DEADLINE: Duration = Duration::from_secs(5);

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let rate = setting.pick(1_000, 300);
    let steady_time = Duration::from_secs(setting.pick(30, 3));
    let time = Duration::from_secs(setting.pick(120, 7));
    let directory = RunDirectory::new(&setting)?;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Plan::new(setting.over, "effects", "")?.store(&directory).start().await?);
    }
    let bus = caller(workers.iter().map(Worker::address).collect::<Result<Vec<_>>>()?).await?;
    let replies: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let call = |phase: &'static str| {
        let (bus, replies) = (bus.clone(), Arc::clone(&replies));
        move |n: u64| {
            let (bus, replies, key) = (bus.clone(), Arc::clone(&replies), format!("{phase}{n}"));
            async move {
                let reply = bus.call(Put { key: key.clone(), ms: WORK_MS }).await;
                if let Ok(made) = &reply {
                    let mut replies = replies.lock().unwrap_or_else(PoisonError::into_inner);
                    replies.push((key, made.clone()));
                }
                End::of(reply, |_| true)
            }
        }
    };
    let steady = load(rate, steady_time, call("steady")).await;
    let mut random = Random::new();
    report.see("seed", random.seed());
    let killing = tokio::spawn(async move {
        let mut next = Instant::now();
        let end = next + time;
        let mut kills = 0_u64;
        loop {
            next += Duration::from_secs(1);
            if next >= end {
                return Ok::<_, Box<dyn std::error::Error + Send + Sync>>((kills, workers));
            }
            sleep_until(next).await;
            let victim = usize::try_from(random.below(WORKERS as u64)).unwrap_or(0);
            workers[victim].kill().await?;
            kills += 1;
            sleep(DOWN).await;
            workers[victim].start_again().await?;
        }
    });
    let killed = load(rate, time, call("killed")).await;
    let (kills, workers) = killing.await??;

    let replies = replies.lock().unwrap_or_else(PoisonError::into_inner);
    let other = replies.iter().filter(|(key, made)| directory.effect(key).as_ref() != Some(made)).count();
    let counts = bus.flows().to("fault:put");
    report.exactly("kills", kills, time.as_secs() - 1);
    report.at_most("errors", steady.errors() + killed.errors(), 0);
    let calls = steady.count() + killed.count();
    report.exactly("effects", directory.effects()?, calls);
    report.at_most("replies of another effect", other as u64, 0);
    let p99 = 2 * steady.p99();
    report.within("p99", killed.p99(), setting.bar(p99));
    let p999 = FAIL_OVER + p99;
    report.within("p99.9", killed.within(0.999), setting.bar(p999));
    report.within("longest", killed.longest(), DEADLINE);
    report.share_at_most("attempts per call", ratio(counts.attempts, counts.messages), 1.2);
    report.see("calls", calls);
    report.see("calls a second", rate);
    report.see_ms("steady p50", steady.within(0.5));
    report.see_ms("steady p99", steady.p99());
    report.see_ms("p50", killed.within(0.5));
    report.see("repeats", counts.attempts - counts.messages);
    report.see("some errors", killed.some_errors());
    drop(workers);
    Ok(report)
}

#[allow(clippy::cast_precision_loss)] // Counts of calls.
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / (of.max(1)) as f64
}
