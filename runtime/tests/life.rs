//! Deadlines, cancellation, panics, limits, draining: what happens when something does not go well.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use serde_json::json;
use tokio::sync::Notify;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "work", cmd = "do", reply(String))]
struct Work {
    how: String,
}

fn work(how: &str) -> Work {
    Work { how: how.into() }
}

/// What the handlers below are seen to do.
#[derive(Default)]
struct Seen {
    running: AtomicUsize,
    most: AtomicUsize,
    dropped: AtomicUsize,
    started: Notify,
    go_on: Notify,
}

struct Running(State<Seen>);

impl Running {
    fn new(seen: State<Seen>) -> Self {
        let now = seen.running.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most.fetch_max(now, Ordering::SeqCst);
        seen.started.notify_one();
        Running(seen)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

#[service(role = "work", cmd = "do")]
async fn do_work(msg: Work, seen: State<Seen>, meta: Meta) -> String {
    let running = Running::new(seen);
    match &*msg.how {
        "hang" => pending().await,
        "wait" => running.0.go_on.notified().await,
        "panic" => panic!("asked to panic"),
        "budget" => {
            // More than half a second and no more than five are left of five.
            return format!("{:?}", meta.budget().unwrap());
        }
        _ => {}
    }
    "done".into()
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "chain", cmd = "do", reply(String))]
struct Chain {
    how: String,
}

#[service(role = "chain", cmd = "do")]
async fn chain(msg: Chain, next: Call<Work>) -> Result<String, matchbus::Error> {
    Ok(next.call(Work { how: msg.how }).await?)
}

fn start(change: impl FnOnce(matchbus::bus::Builder) -> matchbus::bus::Builder) -> (Bus, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let builder = Bus::builder().services(services![do_work, chain]).shared_state(Arc::clone(&seen));
    (change(builder).start().unwrap(), seen)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cancelled_at_the_deadline() {
    let (bus, seen) = start(|bus| bus);
    let begin = tokio::time::Instant::now();
    let error = bus.call(work("hang")).await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::from_secs(5));
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::Unknown, "deadline"));
    assert!(!error.is_retryable(), "it may have run (rule R2): {error:?}");
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 1);
    let counts = bus.flows().of("cmd:do,role:work");
    assert_eq!((counts.unknown, counts.in_flight()), (1, 0));
}

#[service(role = "plain", cmd = "slow", timeout("1ms"))]
fn slow_and_plain(_: Value) -> Value {
    std::thread::sleep(Duration::from_millis(5));
    "late".into()
}

#[tokio::test]
async fn a_plain_function_runs_to_its_end_whatever_its_time_out() {
    let bus = Bus::with(services![slow_and_plain]).unwrap();
    assert_eq!(bus.act(json!({ "role": "plain", "cmd": "slow" })).await.unwrap(), "late");
}

#[tokio::test(start_paused = true)]
async fn a_nested_call_has_what_is_left_and_no_more() {
    let (bus, _) = start(|bus| bus.timeout(Duration::from_secs(2)));
    let begin = tokio::time::Instant::now();
    let error = bus.call(Chain { how: "hang".into() }).await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
    assert_eq!(error.code(), "deadline");
    let left = bus.timeout(Duration::from_millis(300)).call(Chain { how: "budget".into() }).await.unwrap();
    assert_eq!(left, "300ms");
    // A nested call cannot give itself more than its caller has.
    assert_eq!(bus.flows().of("cmd:do,role:work").unknown, 1);
}

#[tokio::test]
async fn a_message_without_time_is_not_run() {
    let (bus, seen) = start(|bus| bus);
    let error = bus.timeout(Duration::ZERO).call(work("quick")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "deadline"));
    assert_eq!(seen.most.load(Ordering::SeqCst), 0);
}

#[service(role = "timed", timeout("100ms"))]
async fn timed(_: Value) -> Value {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn a_handler_can_have_a_shorter_time_of_its_own() {
    let bus = Bus::with(services![timed]).unwrap();
    let begin = tokio::time::Instant::now();
    assert!(bus.act(json!({"role":"timed"})).await.is_err());
    assert_eq!(begin.elapsed(), Duration::from_millis(100));
}

#[tokio::test]
async fn when_the_caller_goes_away_the_whole_chain_is_cancelled() {
    let (bus, seen) = start(|bus| bus);
    let call = tokio::spawn({
        let bus = bus.clone();
        async move { bus.call(Chain { how: "hang".into() }).await }
    });
    seen.started.notified().await;
    assert_eq!(seen.running.load(Ordering::SeqCst), 1);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((seen.running.load(Ordering::SeqCst), seen.dropped.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(bus.flows().of("cmd:do,role:chain").unknown, 1);
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_next_message_is_answered() {
    let (bus, _) = start(|bus| bus);
    let error = bus.call(work("panic")).await.unwrap_err();
    assert_eq!(
        (error.outcome(), error.code().as_str(), error.is_retryable()),
        (Outcome::Done, "panic", false)
    );
    assert!(error.to_string().contains("asked to panic"), "{error}");
    assert_eq!(bus.call(work("quick")).await.unwrap(), "done");
    assert_eq!(bus.flows().of("cmd:do,role:work").failed, 1);
}

#[service(role = "plain", cmd = "panic")]
fn plain_panic(_: Value) -> Value {
    panic!("{} too", "plain functions")
}

#[tokio::test]
async fn a_plain_function_that_panics_is_an_error_too() {
    let bus = Bus::with(services![plain_panic]).unwrap();
    let error = bus.act(json!({"role":"plain","cmd":"panic"})).await.unwrap_err();
    assert!(error.to_string().contains("plain functions too"), "{error}");
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "narrow", cmd = "do", reply(()))]
struct Narrow {}

#[service(role = "narrow", cmd = "do", concurrency(2))]
async fn narrow(_: Narrow, seen: State<Seen>) {
    let running = Running::new(seen);
    running.0.go_on.notified().await;
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_holds_and_those_who_wait_are_bounded() {
    let seen = Arc::new(Seen::default());
    let bus =
        Bus::builder().services(services![narrow]).shared_state(Arc::clone(&seen)).queue(3).start().unwrap();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.call(Narrow {}).await })
        })
        .collect();
    // Two run, three wait, the sixth is refused at once.
    tokio::task::yield_now().await;
    let mut overloaded = 0;
    while overloaded == 0 {
        tokio::task::yield_now().await;
        overloaded = bus.flows().of("cmd:do,role:narrow").not_done;
    }
    assert_eq!((seen.running.load(Ordering::SeqCst), overloaded), (2, 1));
    let mut refused = 0;
    for call in calls {
        seen.go_on.notify_one();
        match call.await.unwrap() {
            Ok(()) => {}
            Err(error) => {
                assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "overloaded"));
                assert!(error.is_retryable());
                refused += 1;
            }
        }
    }
    assert_eq!((refused, seen.most.load(Ordering::SeqCst)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_waits_no_longer_than_its_deadline() {
    let seen = Arc::new(Seen::default());
    let bus = Bus::builder().services(services![narrow]).shared_state(Arc::clone(&seen)).start().unwrap();
    let busy: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn({
                let bus = bus.clone();
                async move { bus.call(Narrow {}).await }
            })
        })
        .collect();
    while seen.running.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let error = bus.timeout(Duration::from_millis(50)).call(Narrow {}).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "deadline"));
    for call in busy {
        seen.go_on.notify_one();
        call.await.unwrap().unwrap();
    }
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "loop", cmd = "round", reply(u32))]
struct Round {}

#[service(role = "loop", cmd = "round")]
async fn round(_: Round, again: Call<Round>, meta: Meta) -> Result<u32, matchbus::Error> {
    let depth = meta.depth();
    match Box::pin(again.call(Round {})).await {
        Ok(depth) => Ok(depth),
        Err(CallError::Bus(error)) if error.code() == "loop" => {
            assert!(error.to_string().contains("cmd:round,role:loop → cmd:round,role:loop"), "{error}");
            Ok(depth)
        }
        Err(error) => Err(error.into()),
    }
}

#[tokio::test]
async fn handlers_that_call_each_other_in_circles_are_stopped() {
    let bus = Bus::with(services![round]).unwrap();
    assert_eq!(bus.call(Round {}).await.unwrap(), 32);
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "shop", event = "sold")]
struct Sold {
    n: u32,
    tier: Option<String>,
}

fn sold(n: u32) -> Sold {
    Sold { n, tier: None }
}

#[derive(Default)]
struct Heard {
    by: std::sync::Mutex<Vec<String>>,
}

impl Heard {
    fn note(&self, text: String) {
        self.by.lock().unwrap().push(text);
    }

    fn sorted(&self) -> Vec<String> {
        let mut by = self.by.lock().unwrap().clone();
        by.sort();
        by
    }
}

mod mail {
    use super::*;

    #[observer(role = "shop", event = "sold", concurrency(1))]
    pub(crate) async fn mail(msg: Sold, heard: State<Heard>) {
        heard.note(format!("mail {}", msg.n));
    }

    #[observer(role = "shop", event = "sold", tier = "gold")]
    pub(crate) async fn mail_gold(msg: Sold, heard: State<Heard>) {
        heard.note(format!("gold mail {}", msg.n));
    }
}

mod stock {
    use super::*;

    #[observer(role = "shop", event = "sold")]
    pub(crate) fn stock(msg: Sold, heard: State<Heard>) -> Result<(), matchbus::Error> {
        heard.note(format!("stock {}", msg.n));
        if msg.n == 13 { Err(matchbus::Error::refused("unlucky")) } else { Ok(()) }
    }
}

fn observed() -> (Bus, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let services = services![mail::mail, mail::mail_gold, stock::stock];
    let bus = Bus::builder().services(services).shared_state(Arc::clone(&heard)).start().unwrap();
    (bus, heard)
}

#[tokio::test]
async fn every_group_of_observers_gets_one_copy() {
    let (bus, heard) = observed();
    assert_eq!(bus.publish(sold(1)).await.unwrap().groups, 2);
    bus.settled().await;
    assert_eq!(heard.sorted(), ["mail 1", "stock 1"]);
    // Within a group the most specific one, as everywhere.
    bus.publish(Sold { tier: Some("gold".into()), ..sold(2) }).await.unwrap();
    bus.settled().await;
    assert_eq!(heard.sorted(), ["gold mail 2", "mail 1", "stock 1", "stock 2"]);
    // That nobody observes is no error.
    assert_eq!(Bus::with(services![]).unwrap().publish(sold(3)).await.unwrap().groups, 0);
}

#[tokio::test]
async fn one_at_a_time_means_in_order() {
    let (bus, heard) = observed();
    for n in 100..200 {
        bus.publish(sold(n)).await.unwrap();
    }
    bus.settled().await;
    let mail: Vec<String> =
        heard.by.lock().unwrap().iter().filter(|by| by.starts_with("mail")).cloned().collect();
    assert_eq!(mail, (100..200).map(|n| format!("mail {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_observer_that_fails_is_counted_and_disturbs_nobody() {
    let (bus, heard) = observed();
    bus.publish(sold(13)).await.unwrap();
    bus.settled().await;
    assert_eq!(heard.sorted(), ["mail 13", "stock 13"]);
    let failed: u64 = bus.flows().flows.iter().map(|flow| flow.counts.failed).sum();
    assert_eq!(failed, 1);
}

#[tokio::test]
async fn a_sent_message_is_handled_by_one_and_not_waited_for() {
    let (bus, seen) = start(|bus| bus);
    bus.send(work("wait")).await.unwrap();
    seen.started.notified().await;
    assert_eq!(bus.flows().of("cmd:do,role:work").in_flight(), 1);
    seen.go_on.notify_one();
    bus.settled().await;
    assert_eq!(bus.flows().of("cmd:do,role:work").replied, 1);
    let error = bus.send(Narrow {}).await.unwrap_err();
    assert!(error.is_no_handler());
}

#[tokio::test(start_paused = true)]
async fn draining_lets_what_runs_end_and_refuses_what_is_new() {
    let (bus, seen) = start(|bus| bus);
    let running = tokio::spawn({
        let bus = bus.clone();
        async move { bus.call(Chain { how: "wait".into() }).await }
    });
    seen.started.notified().await;
    let drained = tokio::spawn({
        let bus = bus.clone();
        async move { bus.shutdown().await }
    });
    while bus.is_ready() {
        tokio::task::yield_now().await;
    }
    let error = bus.call(work("quick")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "draining"));
    assert!(!drained.is_finished());
    seen.go_on.notify_one();
    assert_eq!(running.await.unwrap().unwrap(), "done");
    assert_eq!(drained.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn draining_ends_with_the_last_message_and_does_not_look_every_now_and_then() {
    let (bus, seen) = start(|bus| bus.drain(Duration::from_hours(1)));
    let begin = tokio::time::Instant::now();
    let running = tokio::spawn({
        let bus = bus.clone();
        async move { bus.timeout(Duration::from_secs(3)).call(work("hang")).await }
    });
    seen.started.notified().await;
    assert_eq!(bus.shutdown().await, 0);
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
    assert_eq!(running.await.unwrap().unwrap_err().code(), "deadline");
}

#[tokio::test(start_paused = true)]
async fn draining_gives_up_when_its_time_is_up_and_says_how_many() {
    let (bus, seen) = start(|bus| bus.timeout(Duration::from_hours(1)).drain(Duration::from_secs(10)));
    let running = tokio::spawn({
        let bus = bus.clone();
        async move { bus.call(work("hang")).await }
    });
    seen.started.notified().await;
    let begin = tokio::time::Instant::now();
    assert_eq!(bus.shutdown().await, 1);
    assert!(begin.elapsed() >= Duration::from_secs(10) && begin.elapsed() < Duration::from_secs(11));
    running.abort();
}
