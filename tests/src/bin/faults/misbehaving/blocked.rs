//! T15's other half: two processes, and all threads of one sleep (rule R14). Once for less than four deadlines, after which it is
//! ready again, and once for ever. Readiness is read inside the process, by a thread that the runtime does not have, since nobody
//! answers there who could be asked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matchbus::transport::Head;
use matchbus_tests::faults::Ping;
use tokio::time::{Instant, sleep, timeout};

use super::GRACE;
use crate::load::{End, load};
use crate::report::Report;
use crate::worker::{Note, Plan, RunDirectory, Worker, caller};
use crate::{NOISE, Result, Setting};

/// Of the process that is blocked; the same as in its `main`.
const THREADS: usize = 2;

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let deadline = Duration::from_millis(setting.pick(5_000, 1_000));
    let directory = RunDirectory::new(setting)?;
    let plan = || {
        let plan = Plan::new(setting.over, "ready,work,seen", "")?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(
            plan.environment("FAULTS_TIMEOUT_MS", deadline.as_millis().to_string()),
        )
    };
    let (mut ill, mut well) = (plan()?.store(&directory).start().await?, plan()?.start().await?);
    let bus = caller([ill.address()?, well.address()?]).await?;
    let loading = load(200, deadline * 9, |n| {
        let bus = bus.clone();
        async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
    });
    let blocking = async {
        sleep(Duration::from_millis(500)).await;
        // Long after it is not ready, since the second thread may be taken late, and before the watchdog may end it.
        block(&ill, deadline * 13 / 4)?;
        let back = |notes: &[Note]| notes.iter().any(|note| note.what == "ready");
        let passing = noted(&directory, deadline * 5, back).await?;
        sleep(Duration::from_millis(500)).await;
        let alive = ill.is_alive();
        let began = Instant::now();
        block(&ill, Duration::from_hours(1))?;
        let status = ill.ended(deadline * 6).await?;
        let gone = began.elapsed();
        let lasting = directory.diary()?.split_off(passing.len());
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((passing, alive, lasting, gone, status))
    };
    let (samples, blocked) = tokio::join!(loading, blocking);
    let (passing, alive, lasting, gone, status) = blocked?;
    let late = setting.pick(GRACE, NOISE);
    report.at_most("errors while a process was blocked", samples.errors(), 0);
    for (when, notes) in [("for a while", &passing), ("for ever", &lasting)] {
        let off = between(all_blocked(notes), first(notes, "unready"));
        report.exactly(&format!("blocked {when}: turned readiness off"), u64::from(off.is_some()), 1);
        if let Some(off) = off {
            report.within(&format!("blocked {when}: not ready after"), off, deadline * 2 + late);
        }
    }
    let on = between(first(&passing, "goes-on"), first(&passing, "ready"));
    report.exactly("turned readiness on again", u64::from(on.is_some()), 1);
    if let Some(on) = on {
        report.within("ready again after", on, deadline);
    }
    report.exactly("alive after a while", u64::from(alive), 1);
    report.within("gone after", gone, deadline * 4 + late);
    report.exactly("exit code", u64::from(status.code().unwrap_or(0).unsigned_abs()), 70);
    report.exactly("the other one alive", u64::from(well.is_alive()), 1);
    report.see_ms("deadline of the blocked", deadline);
    report.see_ms("p99 while blocked", samples.p99());
    report.see_ms("longest while blocked", samples.longest());
    report.see("some errors while blocked", samples.some_errors());
    Ok(())
}

/// More than there are threads, over connections of their own: what comes after one over the same one is not even read, and one
/// may stand in the queue of a thread that another one has taken.
fn block(worker: &Worker, time: Duration) -> Result<()> {
    let until = SystemTime::now().duration_since(UNIX_EPOCH)? + time;
    let message = format!(r#"{{"fault":"block","until_ms":{}}}"#, until.as_millis());
    for _ in 0..2 * THREADS {
        let (link, message) = (worker.link()?, message.clone());
        tokio::spawn(async move { link.call(message.as_bytes(), &Head::default()).await });
    }
    Ok(())
}

/// What was written down, once there is what is looked for; without it, what there is then.
async fn noted(
    directory: &RunDirectory,
    patience: Duration,
    enough: impl Fn(&[Note]) -> bool,
) -> Result<Vec<Note>> {
    let look = async {
        loop {
            let notes = directory.diary()?;
            if enough(&notes) {
                return Ok(notes);
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(patience, look).await.unwrap_or_else(|_| directory.diary())
}

/// When the last thread was taken.
fn all_blocked(notes: &[Note]) -> Option<Duration> {
    notes.iter().filter(|note| note.what == "blocks").nth(THREADS - 1).map(|note| note.at)
}

fn first(notes: &[Note], what: &str) -> Option<Duration> {
    notes.iter().find(|note| note.what == what).map(|note| note.at)
}

fn between(from: Option<Duration>, to: Option<Duration>) -> Option<Duration> {
    to?.checked_sub(from?)
}
