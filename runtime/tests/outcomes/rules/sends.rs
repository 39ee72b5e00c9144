//! R11: what is sent.

use std::sync::Arc;
use std::time::Duration;

use matchbus::bus::Sent;
use matchbus::prelude::*;
use matchbus::transport::{Exposed, Url};
use matchbus::{Receipt, services};
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::wire::{Fault, Wire};
use crate::world::{Way, message, world};

async fn r11_what_is_sent_is_taken_in_and_not_stored(way: Way) {
    let world = world(way, 1).await;
    // The type says that it is not durable.
    let _: Sent = world.bus.send(message("undeclared", "wait")).await.unwrap();
    world.seen.started.notified().await;
    world.seen.go_on.notify_one();
    world.at_rest().await;
    // A repeat under its key is taken in, too, and does not run.
    let keyed = world.bus.idempotency_key("order 7");
    for _ in 0..2 {
        keyed.send(message("dedup", "")).await.unwrap();
    }
    world.at_rest().await;
    assert_eq!((world.seen.runs(), world.counts("dedup")), (2, (2, 0, 1)), "{way:?}");
    let error = world.bus.send(message("no-such", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::NotDone, "no-handler"), "{way:?}");
}

#[tokio::test(start_paused = true)]
async fn r11_in_one_process() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Local).await;
}

#[tokio::test]
async fn r11_over_tcp() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Tcp).await;
}

#[tokio::test]
async fn r11_over_http() {
    r11_what_is_sent_is_taken_in_and_not_stored(Way::Http).await;
}

#[tokio::test(start_paused = true)]
async fn r11_without_an_acknowledgement_nobody_says_that_it_was_sent() {
    let world = world(Way::Wire, 1).await;
    world.wire.fault(Fault::LoseReply, 1);
    let error = world.bus.send(message("undeclared", "")).await.unwrap_err();
    assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "deadline"));
    let receipt = Receipt::new();
    assert!(world.bus.receipt(&receipt).act(json!({"role":"do","kind":"read","how":""})).await.is_ok());
    assert_eq!((receipt.attempts(), receipt.is_replayed()), (1, false));
}

/// Which groups have heard it.
type Heard = watch::Sender<Vec<&'static str>>;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "news")]
struct News {}

macro_rules! group {
    ($name:ident) => {
        mod $name {
            use super::*;

            #[observer(role = "news")]
            pub(crate) fn $name(_: News, heard: State<Heard>) {
                heard.send_modify(|heard| heard.push(stringify!($name)));
            }
        }
    };
}

group!(here);
group!(left);
group!(right);

mod narrow {
    use super::*;

    #[observer(role = "news", concurrency(1))]
    pub(crate) async fn narrow(_: News, gate: State<Semaphore>) {
        gate.acquire().await.unwrap().forget();
    }
}

/// A copy for whom nobody can be reached, or who does not answer, keeps the copies of other groups from nobody.
#[tokio::test(start_paused = true)]
async fn r17_the_copies_of_groups_go_beside_each_other() {
    for fault in [Fault::LoseRequest, Fault::Away] {
        let (wire, heard) = (Wire::default(), Arc::new(Heard::default()));
        let start = |services| {
            let bus = Bus::builder().transport(wire.clone()).services(services);
            bus.shared_state(Arc::clone(&heard)).start().unwrap()
        };
        let near = start(services![here::here]);
        let mut listeners = Vec::new();
        for (name, far) in [("left", start(services![left::left])), ("right", start(services![right::right]))]
        {
            let url: Url = format!("wire://{name}").parse().unwrap();
            listeners.push(far.listen(&url, &Exposed::All).await.unwrap());
            near.connect(&url).await.unwrap();
        }
        // It is the first copy's, whichever that is.
        let began = Instant::now();
        wire.fault(fault, 1);
        let published = tokio::spawn({
            let near = near.clone();
            async move { near.publish(News {}).await }
        });
        let mut told = heard.subscribe();
        let others = told.wait_for(|heard| heard.len() == 2);
        let others = tokio::time::timeout(Duration::from_secs(9), others).await.unwrap().unwrap().clone();
        assert!(others.contains(&"here"), "{others:?}");
        assert_eq!(began.elapsed(), Duration::ZERO, "{fault:?}");
        let published = published.await.unwrap();
        if let Fault::Away = fault {
            assert_eq!(published.unwrap().groups, 3);
        } else {
            let error = published.unwrap_err();
            assert_eq!((error.outcome(), began.elapsed().as_secs()), (Outcome::Unknown, 5), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn r17_a_group_that_cannot_keep_up_holds_back_no_other_one() {
    let heard = Heard::default();
    let mut told = heard.subscribe();
    let gate = Arc::new(Semaphore::new(0));
    let builder = Bus::builder().services(services![here::here, narrow::narrow, right::right]).queue(1);
    let bus = builder.state(heard).shared_state(Arc::clone(&gate)).start().unwrap();
    let begin = Instant::now();
    let publish = || {
        let bus = bus.clone();
        tokio::spawn(async move { bus.publish(News {}).await })
    };
    // One is at work, one is in the hands of the queue's task, one is in the queue: the fourth waits.
    let mut publishing = Vec::new();
    for n in 1..=4 {
        publishing.push(publish());
        told.wait_for(|heard| heard.len() == 2 * n).await.unwrap();
    }
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert!(!publishing[3].is_finished());
    gate.add_permits(4);
    for one in publishing {
        assert_eq!(one.await.unwrap().unwrap().groups, 3);
    }
    // One that stays full has no copy, which is said, and the others theirs.
    for n in 5..=8 {
        let published = publish();
        told.wait_for(|heard| heard.len() == 2 * n).await.unwrap();
        if n == 8 {
            let error = published.await.unwrap().unwrap_err();
            assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, "overloaded"));
            assert!(error.to_string().contains("2 of 3 groups"), "{error}");
            assert_eq!(begin.elapsed().as_secs(), 5);
        }
    }
}
