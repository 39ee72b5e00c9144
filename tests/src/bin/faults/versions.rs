//! T22: two versions of one service side by side, called by two versions of its callers, directly and through a process of the
//! first version. What one does not know it ignores (rule M2), and hands on.

use std::time::Duration;

use matchbus_tests::faults::{new, old};

use crate::load::{End, load};
use crate::report::Report;
use crate::worker::{Plan, caller};
use crate::{Result, Setting};

pub(crate) async fn run(setting: Setting) -> Result<Report> {
    let mut report = Report::new(&setting);
    let rate = setting.pick(2_000, 200);
    let time = Duration::from_secs(setting.pick(50, 2));
    let deep = |services| {
        let plan = Plan::new(setting.over, services, "")?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(plan.argument("--with", "deep=true"))
    };
    let (first, second) = (deep("first")?.start().await?, deep("second")?.start().await?);
    let between = Plan::new(setting.over, "between", "")?
        .argument("--bus", first.address()?.to_string())
        .argument("--bus", second.address()?.to_string());
    let between = between.start().await?;
    // More keys win: with `deep` a message goes to a version at once, without it to the one between.
    let bus = caller([first.address()?, second.address()?, between.address()?]).await?;

    let samples = load(rate, time, |n| {
        let bus = if n % 4 < 2 { bus.extend("deep", true) } else { bus.clone() };
        let bus = bus.extend("further", n);
        async move {
            if n % 2 == 0 {
                let reply = bus.call(old::Greet { name: "Ann".into() }).await;
                End::of(reply, |reply| reply.text == "Hello, Ann!")
            } else {
                let tongues = vec!["English".to_owned(), "Swahili".to_owned()];
                let message = new::Greet { name: "Ann".into(), title: Some("Dr".into()), tongues };
                End::of(bus.call(message).await, |reply| {
                    // The first version knows no titles; the second one gets them also through the one between.
                    let texts: &[&str] = if n % 4 < 2 {
                        if reply.version == 2 { &["Hello, Dr Ann!"] } else { &["Hello, Ann!"] }
                    } else {
                        &["Hello, Ann!", "Hello, Dr Ann!"]
                    };
                    texts.contains(&reply.text.as_str())
                })
            }
        }
    });
    let samples = samples.await;
    // Were both versions asked, and did what the one between does not know go along?
    let (mut by_first, mut by_second, mut handed_on) = (0, 0, 0);
    for n in 0..200 {
        let message = new::Greet { name: "Bo".into(), title: Some("Dr".into()), tongues: Vec::new() };
        if n % 2 == 0 {
            let reply = bus.extend("deep", true).call(message).await?;
            if reply.version == 2 {
                by_second += 1;
            } else {
                by_first += 1;
            }
        } else if bus.call(message).await?.text == "Hello, Dr Bo!" {
            handed_on += 1;
        }
    }
    report.at_most("errors", samples.errors(), 0);
    report.at_least("answers of the first version", by_first, 1);
    report.at_least("answers of the second version", by_second, 1);
    report.at_least("titles that went through", handed_on, 1);
    report.see("calls", samples.count());
    report.see_ms("p99", samples.p99());
    report.see("some errors", samples.some_errors());
    Ok(report)
}
