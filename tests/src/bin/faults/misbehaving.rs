//! T14, T15, T16: handlers that panic, hang, or have no time left.

mod blocked;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matchbus::{Bus, Outcome};
use matchbus_tests::faults::{GetStats, Hang, Hop, MayPanic, Ping, Stats};
use tokio::time::{Instant, sleep};

use crate::load::{End, Sample, Samples, load, paced, percentile};
use crate::report::Report;
use crate::worker::{Plan, Worker, caller};
use crate::{Result, Setting};

/// How much longer than its deadline a call may take.
const GRACE: Duration = Duration::from_millis(50);

/// Of the handler that panics.
const PLACES: u64 = 4;

/// T14. Each hundredth call panics.
pub(crate) async fn panics(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let time = Duration::from_secs(setting.pick(60, 3));
    let mut worker = Plan::new(setting.over, "work,seen", "")?.start().await?;
    let bus = caller([worker.address()?]).await?;
    let rate = paced(&setting, 1_000, 300, |n| {
        let bus = bus.clone();
        async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
    });
    let rate = rate.await;
    let samples = load(rate, time, |n| {
        let bus = bus.clone();
        async move { End::of(bus.call(MayPanic { n }).await, |reply| *reply == n) }
    });
    let samples = samples.await;
    let told = |end: &End| matches!(end, End::Error(Outcome::Done, code, _) if code == "panic");
    let panics = samples.0.iter().filter(|sample| sample.n % 100 == 99);
    let (all, heard) =
        panics.fold((0, 0), |(all, heard), sample| (all + 1, heard + u64::from(told(&sample.end))));
    let stats = at_rest(&bus, Duration::from_secs(2)).await?;
    // Twice as many panics as there are places, one after the other, however few there were under load: where one keeps its
    // place, the last ones find none.
    let mut freed = 0;
    for _ in 0..2 * PLACES {
        let end = End::of(bus.call(MayPanic { n: 99 }).await, |_| false);
        freed += u64::from(told(&end));
    }
    let well = bus.call(MayPanic { n: 1 }).await == Ok(1);
    report.exactly("panics that found a place", freed, 2 * PLACES);
    report.exactly("answers after that", u64::from(well), 1);
    report.at_least("panics", all, 1);
    report.exactly("callers told of their panic", heard, all);
    report.exactly("other errors", samples.errors() - heard, 0);
    report.exactly("runs", stats.started, samples.count());
    report.at_most("left in flight", stats.in_flight, 0);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("calls", samples.count());
    report.see_ms("p99", samples.p99());
    report.see("some errors", some_but(&samples, told));
    Ok(report)
}

/// T15. First handlers that wait for ever, then one process whose threads all sleep.
pub(crate) async fn hangs(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let deadline = Duration::from_millis(setting.pick(1_000, 300));
    let rate = setting.pick(200, 100);
    let time = Duration::from_secs(setting.pick(30, 1));
    let mut worker = Plan::new(setting.over, "work,seen", "")?.start().await?;
    let bus = caller([roomy(&worker)?.parse()?]).await?;
    let samples = load(rate, time, |_| {
        let bus = bus.timeout(deadline);
        async move { End::of(bus.call(Hang {}).await, |_| false) }
    });
    let samples = samples.await;
    let told = |end: &End| matches!(end, End::Error(Outcome::Unknown, code, _) if code == "deadline");
    let late = samples.0.iter().filter(|sample| told(&sample.end)).count() as u64;
    let held: Vec<Duration> = samples.0.iter().map(|sample| sample.held).collect();
    let stats = at_rest(&bus, deadline).await?;
    report.at_least("hanging calls told of their deadline", late, most_of(samples.count()));
    report.at_most("hanging calls said to be done", said_done(&samples, deadline), 0);
    report.at_most(
        "released too early",
        held.iter().filter(|held| **held + GRACE < deadline).count() as u64,
        0,
    );
    report.within("p99 of releases", percentile(held.clone(), 0.99), deadline + setting.bar(GRACE));
    report.within("longest", percentile(held.clone(), 1.0), deadline + setting.bar(GRACE));
    report.at_least("hanging handlers", stats.started, most_of(samples.count()));
    report.exactly("cancelled handlers", stats.dropped, stats.started);
    report.at_most("left in flight", stats.in_flight, 0);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see_ms("deadline", deadline);
    report.see_ms("p50 of releases", percentile(held, 0.5));
    report.see("some errors", some_but(&samples, told));
    drop(worker);
    blocked::run(&setting, &mut report).await?;
    Ok(report)
}

/// T16. Five processes in a row, one second for all of them, and the last one takes two. Their wall clocks are an hour ahead and
/// behind in turn: what travels is a duration.
pub(crate) async fn deadlines(setting: Setting) -> Result<Report> {
    const STEPS: i64 = 5;
    let mut report = Report::new(&setting);
    let rate = setting.pick(200, 50);
    let time = Duration::from_secs(setting.pick(50, 2));
    let budget = Duration::from_secs(1);
    let mut workers: Vec<Worker> = Vec::new();
    for step in (1..=STEPS).rev() {
        let mut plan = Plan::new(setting.over, "chain,seen", "")?
            .argument("--with", format!("step={step}"))
            .environment("FAULTS_CLOCK_S", wrong_by(step).to_string());
        if let Some(next) = workers.last() {
            plan = plan.argument("--bus", roomy(next)?);
        }
        workers.push(plan.start().await?);
    }
    let Some(first) = workers.last() else { return Err("no workers".into()) };
    let bus = caller([roomy(first)?.parse()?]).await?;
    let samples = load(rate, time, |_| {
        let bus = bus.timeout(budget);
        async move { End::of(bus.call(Hop { step: 1, steps: STEPS }).await, |_| false) }
    });
    let samples = samples.await;
    let told = |end: &End| matches!(end, End::Error(_, code, _) if code == "deadline");
    let late = samples.0.iter().filter(|sample| told(&sample.end)).count() as u64;
    let held: Vec<Duration> = samples.0.iter().map(|sample| sample.held).collect();
    let (mut begun_late, mut started, mut ended, mut left) = (0, 0, 0, 0);
    let (mut wrong, now) =
        (Vec::new(), i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?);
    for (step, worker) in (1..=STEPS).rev().zip(&workers) {
        let bus = caller([worker.address()?]).await?.extend("step", step);
        let stats = at_rest(&bus, budget * 2).await?;
        begun_late += stats.late;
        started += stats.started;
        ended += stats.ended;
        left += stats.in_flight;
        // As the ids say that it made for the next one.
        wrong.push((step - 1, i64::try_from(stats.sent_ms / 1_000)? - now));
    }
    // Else the test would show nothing of clocks.
    let as_told = wrong.iter().filter(|(step, by)| (by - wrong_by(*step)).abs() < 5 * 60).count();
    report.exactly("wall clocks that are wrong as they should be", as_told as u64, STEPS.unsigned_abs());
    report.see("wall clocks wrong by s", wrong.iter().rev().map(|(_, by)| *by).collect::<Vec<_>>());
    report.at_least("chains told of their deadline", late, most_of(samples.count()));
    report.at_most("chains said to be done", said_done(&samples, budget), 0);
    report.at_most(
        "released too early",
        held.iter().filter(|held| **held + GRACE < budget).count() as u64,
        0,
    );
    report.within("p99 of releases", percentile(held.clone(), 0.99), budget + setting.bar(GRACE));
    report.within("longest", percentile(held, 1.0), budget + setting.bar(GRACE));
    report.at_most("handlers begun without time", begun_late, 0);
    report.at_most("handlers that came to their end", ended, 0);
    report.at_most("left in flight", left, 0);
    report.at_least("handlers begun", started, most_of(samples.count()) * STEPS.unsigned_abs());
    report.see("chains", samples.count());
    report.see("some errors", some_but(&samples, told));
    Ok(report)
}

/// By how many seconds the wall clock of a process in the chain is wrong; 0 is the caller's.
fn wrong_by(step: i64) -> i64 {
    match step {
        0 => 0,
        ahead if ahead % 2 == 1 => 3_600,
        _ => -3_600,
    }
}

/// The way to a worker where all calls of a second are under way: over HTTP each has a connection.
fn roomy(worker: &Worker) -> Result<String> {
    let url = worker.address()?;
    let more = if url.scheme() == "http" { "?most_connections=1024" } else { "" };
    Ok(format!("{url}{more}"))
}

/// What the process's handlers did, when nothing is in flight any more; what is after `patience` is told.
pub(crate) async fn at_rest(bus: &Bus, patience: Duration) -> Result<Stats> {
    let began = Instant::now();
    loop {
        let stats = bus.call(GetStats {}).await?;
        if stats.in_flight == 0 || began.elapsed() >= patience {
            return Ok(stats);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Where nothing is answered, a breaker that finds its probe slow on a busy machine keeps a few messages back: those are *not
/// done*, at their deadline too.
fn most_of(calls: u64) -> u64 {
    calls * 9 / 10
}

/// Calls that ended as if the handler had come to its end before its time was up.
fn said_done(samples: &Samples, budget: Duration) -> u64 {
    let done = |sample: &Sample| match &sample.end {
        // In a chain a handler may hear before its caller that the time is up, or that nobody was there for all of it where a
        // breaker is open, and end with that: then it has come to its end.
        End::Error(Outcome::Done, code, _) => {
            code != "deadline" && !(code == "handler-failed" && sample.held + GRACE >= budget)
        }
        End::Error(..) => false,
        End::Reply | End::Wrong(_) => true,
    };
    samples.0.iter().filter(|sample| done(sample)).count() as u64
}

fn some_but(samples: &Samples, expected: impl Fn(&End) -> bool) -> Vec<String> {
    let others = samples.0.iter().filter(|sample| sample.end != End::Reply && !expected(&sample.end));
    others.take(3).map(|sample| format!("#{} {:?}", sample.n, sample.end)).collect()
}
