//! T01: kill -9 one of four workers each second; a supervisor starts it again.
//!
//! Calls go to three handlers in turn, and each counts its effects where they outlive the process:
//!
//! * `Put` is idempotent by what it does: a symbolic link named for its key, which the system makes once or not at all.
//! * `Deposit` has `effect(dedup)` and must run once: a row in a ledger of all processes, written in one transaction with the
//!   idempotency key. Rows of one key are counted, and there must be one: memory knows of repeats in one process, and the ledger
//!   of those that went to another when the first was dead (rule R7).
//! * `Once` has `effect(dedup)` and nothing else: each run writes a row. A process that is killed takes its memory with it, so an
//!   effect whose reply was lost with it is made again by the next: for calls that were in flight at a kill, and for no others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use matchbus_tests::faults::{Deposit, Once, Ping, Put};
use tokio::time::{Instant, sleep, sleep_until};

use crate::load::{End, Samples, load, paced};
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
/// By how much the two clocks, of the load and of the kills, may differ: they begin one after the other.
const SLACK: Duration = Duration::from_millis(20);

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let steady_time = Duration::from_secs(setting.pick(30, 3));
    let time = Duration::from_secs(setting.pick(120, 7));
    let directory = RunDirectory::new(&setting)?;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Plan::new(setting.over, "effects,work", "")?.store(&directory).start().await?);
    }
    let bus = caller(workers.iter().map(Worker::address).collect::<Result<Vec<_>>>()?).await?;
    let rate = paced(&setting, 1_000, 300, |n| {
        let bus = bus.clone();
        async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
    });
    let rate = rate.await;
    // What each caller was told of its effect, by the effect's key.
    let told: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let call = |phase: &'static str| {
        let (bus, told) = (bus.clone(), Arc::clone(&told));
        move |n: u64| {
            let (bus, told, key) = (bus.clone(), Arc::clone(&told), key(phase, n));
            async move {
                let reply = match n % 3 {
                    0 => bus.call(Put { key: key.clone(), ms: WORK_MS }).await,
                    1 => bus.call(Deposit { key: key.clone(), ms: WORK_MS }).await,
                    _ => bus.call(Once { key: key.clone(), ms: WORK_MS }).await,
                };
                if let Ok(made) = &reply {
                    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    told.insert(key, made.trim_end().to_owned());
                }
                End::of(reply, |_| true)
            }
        }
    };
    let steady = load(rate, steady_time, call("steady")).await;
    let mut random = Random::new();
    report.see("seed", random.seed());
    let began = Instant::now();
    let killing = tokio::spawn(async move {
        let mut kills = Vec::new();
        loop {
            let next = began + Duration::from_secs(kills.len() as u64 + 1);
            if next >= began + time {
                return Ok::<_, Box<dyn std::error::Error + Send + Sync>>((kills, workers));
            }
            sleep_until(next).await;
            let victim = usize::try_from(random.below(WORKERS as u64)).unwrap_or(0);
            let (pid, from) = (workers[victim].pid(), began.elapsed());
            workers[victim].kill().await?;
            kills.push(Kill { pid, from, to: began.elapsed() });
            sleep(DOWN).await;
            workers[victim].start_again().await?;
        }
    });
    let killed = load(rate, time, call("killed")).await;
    let (kills, workers) = killing.await??;

    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let counts = ["put", "deposit", "once"].map(|kind| bus.flows().to(&format!("fault:{kind}")));
    let (attempts, messages) = counts
        .iter()
        .fold((0, 0), |(attempts, messages), of| (attempts + of.attempts, messages + of.messages));
    report.exactly("kills", kills.len() as u64, time.as_secs() - 1);
    report.at_most("errors", steady.errors() + killed.errors(), 0);
    let calls = steady.count() + killed.count();
    effects(&mut report, &directory, &told, [(&steady, "steady"), (&killed, "killed")], &kills)?;
    let p99 = 2 * steady.p99();
    report.within("p99", killed.p99(), setting.bar(p99));
    let p999 = FAIL_OVER + p99;
    report.within("p99.9", killed.within(0.999), setting.bar(p999));
    report.within("longest", killed.longest(), DEADLINE);
    report.share_at_most("attempts per call", ratio(attempts, messages), 1.2);
    report.see("calls", calls);
    report.see("calls a second", rate);
    report.see_ms("steady p50", steady.within(0.5));
    report.see_ms("steady p99", steady.p99());
    report.see_ms("p50", killed.within(0.5));
    report.see("repeats", attempts - messages);
    report.see("some errors", killed.some_errors());
    drop(workers);
    Ok(report)
}

/// Names an effect over both phases.
fn key(phase: &str, n: u64) -> String {
    format!("{phase}{n}")
}

/// When a worker was killed, since the load began.
struct Kill {
    pid: u32,
    from: Duration,
    to: Duration,
}

/// Effects by key, as they are on disk, against what callers were told.
fn effects(
    report: &mut Report,
    directory: &RunDirectory,
    told: &BTreeMap<String, String>,
    loads: [(&Samples, &str); 2],
    kills: &[Kill],
) -> Result<()> {
    let keys = |kind: u64| {
        let all = loads.into_iter();
        all.flat_map(move |(load, phase)| {
            load.0.iter().filter(move |one| one.n % 3 == kind).map(move |one| (key(phase, one.n), one))
        })
    };
    let ledger = rows(directory.ledger()?.iter().filter_map(|row| Some(row.split_once(' ')?.1)));
    let log = directory.lines()?;
    let log = rows(log.iter().map(String::as_str));
    let found = log.get("found").map_or(0, Vec::len);

    // One step of the file system.
    let missing = keys(0).filter(|(key, _)| directory.effect(key).is_none()).count();
    let other = keys(0).filter(|(key, _)| directory.effect(key).as_ref() != told.get(key)).count();
    report.at_most("idempotent: effects that are missing", missing as u64, 0);
    report.at_most("idempotent: replies of another effect", other as u64, 0);

    // A transaction with the idempotency key.
    let of = |rows: &BTreeMap<String, Vec<String>>, key: &str| rows.get(key).map_or(0, Vec::len);
    let not_one = keys(1).filter(|(key, _)| of(&ledger, key) != 1).count();
    let other =
        keys(1).filter(|(key, _)| ledger.get(key).and_then(|rows| rows.first()) != told.get(key)).count();
    report.at_most("dedup and ledger: keys with not exactly 1 effect", not_one as u64, 0);
    report.exactly(
        "dedup and ledger: effects",
        ledger.values().map(Vec::len).sum::<usize>() as u64,
        keys(1).count() as u64,
    );
    report.at_most("dedup and ledger: replies of another effect", other as u64, 0);

    // The memory of one process.
    let dead: BTreeSet<u32> = kills.iter().map(|kill| kill.pid).collect();
    let (mut missing, mut doubled, mut excused, mut in_flight) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (key, sample) in keys(2) {
        let began = sample.due();
        let at_a_kill = key.starts_with("killed")
            && kills.iter().any(|kill| began <= kill.to + SLACK && sample.at + SLACK >= kill.from);
        in_flight += u64::from(at_a_kill);
        let rows = log.get(&key).map(Vec::as_slice).unwrap_or_default();
        missing += u64::from(rows.is_empty());
        if rows.len() > 1 {
            doubled += 1;
            // All but one were made by processes that are dead.
            let by_dead = rows.iter().filter(|row| pid(row).is_some_and(|pid| dead.contains(&pid))).count();
            excused += u64::from(at_a_kill && by_dead + 1 >= rows.len());
        }
    }
    report.at_most("dedup in memory: effects that are missing", missing, 0);
    report.at_most("dedup in memory: effects doubled without a kill", doubled - excused, 0);
    report.at_most("dedup in memory: effects doubled by kills", excused, in_flight);
    report.see("keys", vec![keys(0).count(), keys(1).count(), keys(2).count()]);
    report.see("repeats that found their effect in the ledger", found);
    report.see(
        "a pass proves",
        "errors seen by callers: none; idempotent, and dedup with its keys in the same transaction as its effects: \
         exactly 1 effect per idempotency key over all kills; dedup in the memory of one process: none is lost, and \
         only those in flight at a kill can be made a second time",
    );
    Ok(())
}

/// What stands after each key: who made it.
fn rows<'a>(all: impl Iterator<Item = &'a str>) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in all {
        let key = row.split(' ').next().unwrap_or_default();
        rows.entry(key.to_owned()).or_default().push(row.to_owned());
    }
    rows
}

fn pid(row: &str) -> Option<u32> {
    row.split(' ').nth(1)?.parse().ok()
}

#[allow(clippy::cast_precision_loss)] // Counts of calls.
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / (of.max(1)) as f64
}
