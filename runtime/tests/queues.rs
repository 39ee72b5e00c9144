//! Queues of what is sent: their bounds, their senders, and their end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use tokio::sync::Semaphore;

struct Gate(Semaphore);

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "slow", cmd = "do")]
struct Slow {}

#[service(role = "slow", cmd = "do", concurrency(1))]
async fn slow(_: Slow, gate: State<Gate>) {
    gate.0.acquire().await.unwrap().forget();
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_holds_the_sender_back_and_then_refuses() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let bus =
        Bus::builder().services(services![slow]).shared_state(Arc::clone(&gate)).queue(2).start().unwrap();
    let mut taken = 0;
    let error = loop {
        match bus.timeout(Duration::from_millis(100)).send(Slow {}).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
        assert!(taken < 10);
    };
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "overloaded"));
    // With room again, the sender that waits gets in; nothing that was taken is lost.
    let waiting = tokio::spawn({
        let bus = bus.clone();
        async move { bus.send(Slow {}).await }
    });
    gate.0.add_permits(20);
    waiting.await.unwrap().unwrap();
    bus.settled().await;
    assert_eq!(bus.flows().of("cmd:do,role:slow").replied, taken + 1);
}

/// One that is at work, one in the queue, and one that waits for room, which is polled only by who has it.
async fn three_slow(bus: &Bus, gate: &Gate) -> Pin<Box<dyn Future<Output = matchbus::Result<()>> + Send>> {
    gate.0.add_permits(1);
    bus.send(Slow {}).await.unwrap();
    bus.settled().await;
    for _ in 0..2 {
        bus.send(Slow {}).await.unwrap();
        tokio::task::yield_now().await;
    }
    let bus = bus.timeout(Duration::from_mins(5));
    let mut third: Pin<Box<dyn Future<Output = _> + Send>> =
        Box::pin(async move { bus.send(Slow {}).await.map(drop) });
    assert!(third.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    third
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_senders_that_wait_for_room() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let bus = Bus::builder().services(services![slow]).shared_state(Arc::clone(&gate)).queue(1);
    let bus = bus.start().unwrap();
    let third = three_slow(&bus, &gate).await;
    gate.0.add_permits(3);
    let mut drained = tokio::spawn({
        let bus = bus.clone();
        async move { bus.shutdown().await }
    });
    // The others end, and there is room for it; it was not polled yet.
    let early = tokio::time::timeout(Duration::from_secs(1), &mut drained).await;
    assert_eq!(bus.flows().of("cmd:do,role:slow").replied, 3);
    assert!(early.is_err(), "the drain has ended before a message that is taken in");
    third.await.unwrap();
    assert_eq!(drained.await.unwrap(), 0);
    assert_eq!(bus.flows().of("cmd:do,role:slow").replied, 4);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_when_a_drain_gives_up_is_told_not_done() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let bus = Bus::builder().services(services![slow]).shared_state(Arc::clone(&gate)).queue(1);
    let bus = bus.drain(Duration::from_secs(1)).start().unwrap();
    let third = three_slow(&bus, &gate).await;
    assert_eq!(bus.shutdown().await, 3);
    let error =
        tokio::time::timeout(Duration::from_secs(1), third).await.expect("nobody tells it").unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "draining"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// With one message at work and two in the queue, sent on a runtime that has ended.
fn sent_before_the_end_of_a_runtime() -> (Bus, Arc<Gate>) {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let bus = Bus::builder().services(services![slow]).shared_state(Arc::clone(&gate)).queue(2);
    let bus = bus.start().unwrap();
    runtime().block_on(async {
        for _ in 0..3 {
            bus.send(Slow {}).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(bus.flows().of("cmd:do,role:slow").in_flight(), 0);
    gate.0.add_permits(10);
    (bus, gate)
}

#[test]
fn a_queue_outlives_the_runtime_on_which_it_was_first_used() {
    let (bus, _) = sent_before_the_end_of_a_runtime();
    runtime().block_on(async {
        bus.timeout(Duration::from_mins(1)).send(Slow {}).await.unwrap();
        bus.settled().await;
        // All but the one that was at work.
        assert_eq!(bus.flows().of("cmd:do,role:slow").replied, 3);
        assert_eq!(bus.shutdown().await, 0);
    });
}

#[test]
fn a_drain_handles_what_was_queued_on_another_runtime() {
    let (bus, _) = sent_before_the_end_of_a_runtime();
    assert_eq!(runtime().block_on(bus.shutdown()), 0);
    assert_eq!(bus.flows().of("cmd:do,role:slow").replied, 2);
}
