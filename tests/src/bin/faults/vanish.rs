//! T27: callers that go away at any moment.

use std::time::Duration;

use matchbus_tests::faults::{Hang, Ping, Work};
use tokio::time::{Instant, sleep};

use crate::misbehaving::at_rest;
use crate::report::Report;
use crate::worker::{Plan, Random, caller};
use crate::{Result, Setting, machine};

const DEADLINE: Duration = Duration::from_secs(5);
/// What is open may differ by so much: connections come and go.
const DESCRIPTORS: u64 = 80;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let calls = setting.pick(10_000, 600);
    let mut worker = Plan::new(setting.over, "work,seen", "")?.start().await?;
    let bus = caller([worker.address()?]).await?;
    for n in 0..20 {
        bus.call(Ping { n }).await?;
    }
    let (memory, _) = machine::memory(worker.pid());
    let open = machine::descriptors(worker.pid());
    let mut random = Random::new();
    report.see("seed", random.seed());
    let (mut vanished, mut answered) = (0, 0);
    for batch in 0..calls / 50 {
        let all: Vec<_> = (0..50)
            .map(|n| {
                let (bus, wait) = (bus.clone(), Duration::from_micros(random.below(30_000)));
                tokio::spawn(async move {
                    // One in two would never be answered; the other may just have been.
                    let call = async {
                        if n % 2 == 0 {
                            bus.call(Hang {}).await.is_ok()
                        } else {
                            bus.call(Work { ms: n % 20 }).await.is_ok()
                        }
                    };
                    tokio::time::timeout(wait, call).await.is_ok()
                })
            })
            .collect();
        for call in all {
            if call.await? {
                answered += 1;
            } else {
                vanished += 1;
            }
        }
        // Others are answered meanwhile.
        bus.call(Ping { n: batch }).await?;
    }
    let began = Instant::now();
    let stats = at_rest(&bus, 2 * DEADLINE).await?;
    let rest = began.elapsed();
    let mut still_open = machine::descriptors(worker.pid());
    while still_open > open + DESCRIPTORS && began.elapsed() < 2 * DEADLINE {
        sleep(Duration::from_millis(50)).await;
        still_open = machine::descriptors(worker.pid());
    }
    let (after, _) = machine::memory(worker.pid());
    report.at_least("callers that vanished", vanished, calls / 2);
    let given_up = bus.flows().outgoing.iter().map(|outgoing| outgoing.given_up).sum();
    report.exactly("answers that nobody waited for, counted", given_up, vanished);
    report.at_most("left in flight", stats.in_flight, 0);
    // Handlers that hang end only by being cancelled: at once, and not when their time is up.
    report.within("at rest after", rest, DEADLINE / 2);
    report.exactly("handlers begun and ended or cancelled", stats.ended + stats.dropped, stats.started);
    report.at_least("cancelled handlers", stats.dropped, calls / 10);
    report.at_most("more open files", still_open.saturating_sub(open), DESCRIPTORS);
    report.at_most("more memory KiB", after.saturating_sub(memory), 64 * 1024);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    report.see("answered", answered);
    report.see("handlers begun", stats.started);
    Ok(report)
}
