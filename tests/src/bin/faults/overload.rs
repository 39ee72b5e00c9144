//! T17: ten times the load that can be done.
//!
//! The worker has four places of 5 ms and a queue of 8, so what can be done is known and does not depend on the processor;
//! K is measured all the same. Whoever is let in waits for two others at most, and so has its answer in three times what one
//! takes. Messages go over bare links, since a bus would try again what was refused: each refusal is
//! one, and its time is the worker's.

use std::time::Duration;

use matchbus::Outcome;
use matchbus::transport::Head;
use matchbus_tests::faults::Ping;
use tokio::time::{Instant, sleep};

use crate::load::{End, Samples, load, percentile};
use crate::report::Report;
use crate::worker::{Plan, Worker, caller, link};
use crate::{Result, Setting, machine};

/// K is the highest rate with so short a p99.
const SHORT: Duration = Duration::from_millis(50);
const REFUSAL: Duration = Duration::from_millis(20);
/// In KiB.
const MOST_MEMORY: u64 = 256 * 1024;
const MORE_MEMORY: u64 = 64 * 1024;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let ms = setting.pick(5, 40);
    let plan = Plan::new(setting.over, "work,seen", "")?.environment("FAULTS_QUEUE", "8");
    let mut worker = plan.start().await?;

    let nominal = 4 * 1_000 / u32::try_from(ms)?;
    let step = Duration::from_millis(setting.pick(5_000, 500));
    let (mut k, mut steady) = (0, Samples::default());
    for percent in [50, 60, 70, 80, 90, 100] {
        let rate = nominal * percent / 100;
        let samples = offer(&worker, ms, rate, step).await?;
        if samples.errors() > 0 || samples.p99() > setting.bar(SHORT) {
            break;
        }
        (k, steady) = (rate, samples);
    }
    if k == 0 {
        return Err("not even half of the load can be done; the machine is too busy".into());
    }
    let (before, _) = machine::memory(worker.pid());
    let time = Duration::from_secs(setting.pick(60, 3));
    let over = offer(&worker, ms, 10 * k, time).await?;
    let (_, most) = machine::memory(worker.pid());
    let relief = restored(&worker, ms, k / 2, setting.bar(2 * steady.p99())).await?;

    let refusals = over.0.iter().filter(|sample| is_refusal(&sample.end));
    let refused: Vec<Duration> = refusals.map(|sample| sample.held).collect();
    let others = over.errors() - refused.len() as u64;
    let done = over.count() - over.errors();
    // What was accepted last ends after the offer.
    let goodput = rate_of(done, time);
    report.share_at_least("goodput of K", goodput / f64::from(k), setting.pick(0.8, 0.5));
    report.at_most("errors that are no refusals", others, 0);
    report.at_least("refusals", refused.len() as u64, 1);
    report.within("p99 of refusals", percentile(refused, 0.99), setting.bar(REFUSAL));
    let accepted = setting.pick(3 * steady.p99(), setting.bar(3 * steady.p99().max(SHORT)));
    report.within("p99 of what was accepted", over.p99(), accepted);
    report.at_most("most memory KiB", most, MOST_MEMORY);
    report.at_most("more memory KiB", most.saturating_sub(before), MORE_MEMORY);
    report.within("all is well after", relief, Duration::from_secs(5));
    let bus = caller([worker.address()?]).await?;
    report.exactly("answers afterwards", u64::from(bus.call(Ping { n: 1 }).await == Ok(1)), 1);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("K a second", k);
    report.see("offered", over.count());
    report.see("done", done);
    report.see_ms("steady p99", steady.p99());
    report.see("some errors", some_others(&over));
    Ok(report)
}

#[allow(clippy::cast_precision_loss)] // A count of calls.
fn rate_of(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn is_refusal(end: &End) -> bool {
    matches!(end, End::Error(Outcome::NotDone, code, _) if code == "overloaded")
}

fn some_others(samples: &Samples) -> Vec<String> {
    let others = samples.0.iter().filter(|sample| sample.end != End::Reply && !is_refusal(&sample.end));
    others.take(3).map(|sample| format!("{:?}", sample.end)).collect()
}

async fn offer(worker: &Worker, ms: u64, rate: u32, time: Duration) -> Result<Samples> {
    // Over HTTP a refusal must not wait here for the connection of somebody who was let in.
    let more = if worker.address()?.scheme() == "http" { "?connections=64" } else { "" };
    let link = link(&format!("{}{more}", worker.address()?).parse()?)?;
    let message = format!(r#"{{"fault":"work","ms":{ms}}}"#);
    let right = ms.to_string();
    let samples = load(rate, time, |_| {
        let (link, message, right) = (link.clone(), message.clone(), right.clone());
        async move {
            let mut head = Head::default();
            head.budget = Some(Duration::from_secs(5));
            let reply = link.call(message.as_bytes(), &head).await;
            End::of(reply, |reply| *reply == right.as_bytes())
        }
    });
    Ok(samples.await)
}

/// How long until a second goes well again.
async fn restored(worker: &Worker, ms: u64, rate: u32, p99: Duration) -> Result<Duration> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let at = began.elapsed();
        let samples = offer(worker, ms, rate, Duration::from_millis(500)).await?;
        if samples.errors() == 0 && samples.p99() <= p99 {
            return Ok(at);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(began.elapsed())
}
