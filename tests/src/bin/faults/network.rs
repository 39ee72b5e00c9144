//! T08: a network that delays, loses, cuts, swallows and resets, between a caller and the only worker there is.
//!
//! Each call makes an effect in a place outside of the worker, named for its key, and all are counted at the end, when whatever was
//! held has come through: what a caller was told is *done* is there, and what it was told is *not done* is not.
//!
//! To lose packets takes a network namespace and its rights. What a loss looks like from above – all behind it waits for the
//! system's repeat, and some connection is reset – needs neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use matchbus::transport::Url;
use matchbus::{Bus, Outcome};
use matchbus_tests::faults::{Ping, Put};
use tokio::time::{Instant, sleep, sleep_until};

use crate::load::{End, Samples, load, paced};
use crate::proxy::{Mode, Proxy};
use crate::report::Report;
use crate::worker::{Plan, RunDirectory, caller};
use crate::{Result, Setting, machine};

const DEADLINE: Duration = Duration::from_secs(5);
const GRACE: Duration = Duration::from_millis(50);
const RECOVERY: Duration = Duration::from_secs(5);
/// How much of a core may be used more than in steady state, for which half as much again is little.
const CORES: f64 = 0.2;

/// A way to break the network.
struct Break {
    name: &'static str,
    mode: Mode,
    /// For so long, in a full run and in a small one.
    times: (u64, u64),
    /// Connections are reset this often besides.
    resets: Option<Duration>,
    /// Whether callers may see errors: they may where nothing passes for as long as they have time.
    errors: bool,
    /// Whether the proxy itself works hard.
    busy: bool,
}

const BREAKS: [Break; 12] = {
    const PLAIN: Break = Break {
        name: "",
        mode: Mode::Pass,
        times: (60_000, 1_200),
        resets: None,
        errors: false,
        busy: false,
    };
    [
        // Both ways together take 200 ms, and 50 ms more or less.
        Break {
            name: "delay",
            mode: Mode::Delay(Duration::from_millis(75), Duration::from_millis(125)),
            ..PLAIN
        },
        Break { name: "64 kB/s", mode: Mode::Slow(64 * 1024), busy: true, ..PLAIN },
        Break { name: "single bytes", mode: Mode::Bytes, busy: true, ..PLAIN },
        Break { name: "1 % loss", mode: Mode::Loss(100), times: (60_000, 2_500), ..PLAIN },
        Break { name: "cut mid-frame", mode: Mode::CutMidFrame(100), ..PLAIN },
        Break { name: "reset", times: (60_000, 2_500), resets: Some(Duration::from_secs(1)), ..PLAIN },
        Break { name: "refused", mode: Mode::Refuse, times: (10_000, 1_500), errors: true, ..PLAIN },
        Break { name: "cut", mode: Mode::Cut, times: (10_000, 1_500), errors: true, ..PLAIN },
        Break { name: "black hole", mode: Mode::HoldAll, times: (10_000, 1_500), errors: true, ..PLAIN },
        Break { name: "no replies", mode: Mode::HoldReplies, times: (10_000, 1_500), errors: true, ..PLAIN },
        Break {
            name: "no requests",
            mode: Mode::HoldRequests,
            times: (10_000, 1_500),
            errors: true,
            ..PLAIN
        },
        // New connections are well, so this one is over when the old ones are known to be dead.
        Break { name: "half-open", mode: Mode::HalfOpen, times: (10_000, 5_500), errors: true, ..PLAIN },
    ]
};

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let directory = RunDirectory::new(&setting)?;
    let mut worker = Plan::new(setting.over, "work,effects", "")?.store(&directory).start().await?;
    let proxy = Arc::new(Proxy::before(&worker.address()?).await?);
    // A slow network needs more connections for the same load, where each has one call at a time.
    let more = if setting.over == "http" { "?most_connections=256" } else { "" };
    let url: Url = format!("{}{more}", proxy.address()).parse()?;
    let bus = caller([url]).await?;
    let rate = paced(&setting, 300, 100, |n| ping(&bus, n)).await;

    let steady_time = Duration::from_secs(setting.pick(20, 2));
    let before = cpu(worker.pid());
    let steady = load(rate, steady_time, |n| put(&bus, "steady", n)).await;
    let steady_cpu = cpu(worker.pid()).since(before, steady_time);
    report.at_most("errors in steady state", steady.errors(), 0);
    report.see_ms("steady p99", steady.p99());
    report.see("steady cores", rounded(steady_cpu.caller));
    report.see("steady cores of the worker", rounded(steady_cpu.worker));

    let (mut lost, mut lies) = (0, 0);
    let mut ended = vec![("steady", steady)];
    for one in &BREAKS {
        let time = Duration::from_millis(setting.pick(one.times.0, one.times.1));
        let after = Duration::from_millis(setting.pick(6_000, 600));
        let network = Network { bus: &bus, proxy: &proxy, worker: worker.pid(), rate };
        let (samples, cpu) = network.broken(one, time, after).await?;
        let name = |what: &str| format!("{}: {what}", one.name);
        // What began when all was well again must not fail, nor wait for longer than the recovery may take.
        let over = if one.mode == Mode::HalfOpen { Duration::ZERO } else { time };
        let well = over + if one.mode == Mode::HalfOpen { RECOVERY } else { Duration::ZERO };
        let begun_after = |sample: &&crate::load::Sample| sample.at.saturating_sub(sample.took) >= well;
        let failed_after = samples.0.iter().filter(begun_after).filter(|sample| sample.end != End::Reply);
        report.at_most(&name("errors afterwards"), failed_after.count() as u64, 0);
        let first = samples.0.iter().filter(|sample| sample.end == End::Reply && sample.at >= over);
        let first = first.map(|sample| sample.at.saturating_sub(over)).min().unwrap_or(DEADLINE * 2);
        report.within(&name("recovery"), first, RECOVERY);
        if one.errors {
            // A cut that is shorter than the time of a call is waited out, unless the call was already under way and lost.
            report.see(&name("errors"), samples.errors());
        } else {
            report.at_most(&name("errors"), samples.errors(), 0);
        }
        let done = |end: &End| matches!(end, End::Error(Outcome::Done, ..) | End::Wrong(_));
        let said = samples.0.iter().filter(|sample| done(&sample.end)).count() as u64;
        report.at_most(&name("errors that say done"), said, 0);
        let held = samples.0.iter().map(|sample| sample.held).max().unwrap_or_default();
        report.within(&name("longest call"), held, DEADLINE + setting.bar(GRACE));
        report.see_ms(&name("p99"), samples.p99());
        if !one.busy {
            let bar = |steady: f64| (1.5 * steady).max(steady + CORES);
            report.share_at_most(&name("cores"), cpu.caller, bar(steady_cpu.caller));
            report.share_at_most(&name("cores of the worker"), cpu.worker, bar(steady_cpu.worker));
        }
        if samples.errors() > 0 {
            report.see(&name("some errors"), samples.some_errors());
        }
        ended.push((one.name, samples));
    }
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    let last = load(rate, Duration::from_secs(1), |n| ping(&bus, n)).await;
    report.at_most("errors at the end", last.errors(), 0);
    let mut calls = 0;
    for (name, samples) in &ended {
        for sample in &samples.0 {
            calls += 1;
            let made = directory.effect(&key(name, sample.n)).is_some();
            lost += u64::from(sample.end == End::Reply && !made);
            lies += u64::from(matches!(sample.end, End::Error(Outcome::NotDone, ..)) && made);
        }
    }
    report.at_most("lost effects of calls that are done", lost, 0);
    report.at_most("effects of calls said to be not done", lies, 0);
    report.see("calls", calls);
    report.see("effects", directory.effects()?);
    Ok(report)
}

/// What is broken and who calls through it.
struct Network<'a> {
    bus: &'a Bus,
    proxy: &'a Arc<Proxy>,
    worker: u32,
    rate: u32,
}

impl Network<'_> {
    /// What callers saw, and what was used of the processor while the network was broken.
    async fn broken(&self, one: &Break, time: Duration, after: Duration) -> Result<(Samples, Cores)> {
        let ended = Arc::new(AtomicBool::new(false));
        let resetting = one.resets.map(|every| {
            let (proxy, ended) = (Arc::clone(self.proxy), Arc::clone(&ended));
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    sleep(every).await;
                    proxy.reset();
                }
            })
        });
        let began = Instant::now();
        let before = cpu(self.worker);
        self.proxy.set(one.mode);
        let healing = async {
            sleep_until(began + time).await;
            ended.store(true, Ordering::Relaxed);
            self.proxy.set(Mode::Pass);
            cpu(self.worker).since(before, time)
        };
        let calling = load(self.rate, time + after, |n| put(self.bus, one.name, n));
        let (samples, used) = tokio::join!(calling, healing);
        if let Some(resetting) = resetting {
            resetting.await?;
        }
        // Leftovers of one break must not be found in the next.
        self.proxy.empty().await?;
        Ok((samples, used))
    }
}

/// The processor time used so far: here, where callers and the proxy are, and by the worker.
#[derive(Clone, Copy)]
struct Used {
    caller: Duration,
    worker: Duration,
}

/// How much of a core was used.
#[derive(Clone, Copy)]
struct Cores {
    caller: f64,
    worker: f64,
}

fn cpu(worker: u32) -> Used {
    Used { caller: machine::cpu(std::process::id()), worker: machine::cpu(worker) }
}

impl Used {
    fn since(self, before: Used, time: Duration) -> Cores {
        Cores {
            caller: share(self.caller.saturating_sub(before.caller), time),
            worker: share(self.worker.saturating_sub(before.worker), time),
        }
    }
}

fn share(used: Duration, of: Duration) -> f64 {
    used.as_secs_f64() / of.as_secs_f64()
}

fn rounded(cores: f64) -> f64 {
    (cores * 100.0).round() / 100.0
}

/// Names a link, so it has no `/`.
fn key(of: &str, n: u64) -> String {
    format!("{}-{n}", of.replace('/', " per "))
}

fn put(bus: &Bus, of: &str, n: u64) -> impl Future<Output = End> + Send + 'static {
    let (bus, key) = (bus.clone(), key(of, n));
    async move { End::of(bus.call(Put { key, ms: 0 }).await, |_| true) }
}

fn ping(bus: &Bus, n: u64) -> impl Future<Output = End> + Send + 'static {
    let bus = bus.clone();
    async move { End::of(bus.call(Ping { n }).await, |reply| *reply == n) }
}
