//! T23: every message comes twice, and some a third time: together, late, and in another order.
//!
//! Over bare links, as a caller's retries would bring them after replies were lost. One process, since its memory is what
//! knows of repeats (rule R7).

use std::collections::BTreeMap;
use std::time::Duration;

use matchbus::transport::Head;
use matchbus::{Outcome, Receipt};
use tokio::time::sleep;

use crate::report::Report;
use crate::worker::{Plan, Random, RunDirectory};
use crate::{Result, Setting};

/// At once.
const BATCH: u64 = 100;

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let messages = setting.pick(100_000, 1_000);
    let directory = RunDirectory::new(&setting)?;
    let mut worker = Plan::new(setting.over, "effects,seen", "")?.store(&directory).start().await?;
    // Two callers: what one sent is repeated by the other.
    let links = [worker.link()?, worker.link()?];
    let mut random = Random::new();
    report.see("seed", random.seed());
    let (mut differ, mut errors, mut replayed, mut not_refused) = (0, 0, 0, 0);
    let mut some = Vec::new();
    for batch in 0..messages / BATCH {
        let mut all = Vec::new();
        for n in batch * BATCH..(batch + 1) * BATCH {
            for copy in 0..2 + n % 2 {
                let link = links[usize::try_from(copy % 2)?].clone();
                // The first ones together, and in any order; the third when the others may be long done.
                let wait = Duration::from_millis(random.below(5) + if copy == 2 { 20 } else { 0 });
                all.push(tokio::spawn(async move {
                    sleep(wait).await;
                    let receipt = Receipt::new();
                    let mut head = Head::default();
                    head.key = Some(format!("k{n}").into());
                    head.attempt = u32::try_from(copy).unwrap_or(0);
                    head.budget = Some(Duration::from_secs(5));
                    head.receipt = Some(receipt.clone());
                    let message = format!(r#"{{"fault":"once","key":"k{n}","ms":{}}}"#, n % 4);
                    (n, link.call(message.as_bytes(), &head).await, receipt.is_replayed())
                }));
            }
        }
        let mut replies: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        for call in all {
            let (n, reply, again) = call.await?;
            replayed += u64::from(again);
            match reply {
                Ok(reply) if *replies.entry(n).or_insert_with(|| reply.clone()) == reply => {}
                Ok(_) => differ += 1,
                Err(error) => {
                    errors += 1;
                    some.push(error.to_string());
                }
            }
        }
        // Another message under a known key is a mistake of the caller, and runs nothing (rule R8).
        let mut head = Head::default();
        head.key = Some(format!("k{}", batch * BATCH).into());
        let other = links[0].call(br#"{"fault":"once","key":"other","ms":0}"#, &head).await;
        let refused =
            other.is_err_and(|error| error.outcome() == Outcome::NotDone && error.code() == "conflict");
        not_refused += u64::from(!refused);
    }
    let mut runs: BTreeMap<String, u64> = BTreeMap::new();
    for line in directory.lines()? {
        *runs.entry(line.split(' ').next().unwrap_or("").to_owned()).or_default() += 1;
    }
    report.at_most("errors", errors, 0);
    report.exactly("effects", runs.len() as u64, messages);
    report.at_most("effects that were made twice", runs.values().filter(|runs| **runs > 1).count() as u64, 0);
    report.at_most("repeats with another reply", differ, 0);
    // Of two that come together one runs and one is answered as it was.
    report.exactly("repeats answered from memory", replayed, messages + messages / 2);
    report.at_most("conflicts that were not refused", not_refused, 0);
    report.exactly("alive", u64::from(worker.is_alive()), 1);
    some.truncate(3);
    report.see("some errors", some);
    Ok(report)
}
