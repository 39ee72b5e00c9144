use crate::World;
use crate::services::{Gate, Keep, Log, Sold};

/// What the sender waits for is that the message was taken in.
pub async fn a_send_does_not_wait_for_the_handler(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    near.send(Gate { n: 1 }).await.unwrap();
    far.seen.until("gate started", 1).await;
    assert_eq!(far.seen.count("gate ended"), 0);
    far.seen.open(1);
    far.seen.until("gate ended", 1).await;
    near.send(Log { n: 1 }).await.unwrap();
    far.seen.until("log", 1).await;
    far.bus.settled().await;
    assert_eq!((far.seen.count("gate started"), far.seen.all("log")), (1, vec!["log 1".to_owned()]));
}

/// Nothing is dropped without an error.
pub async fn a_send_that_nobody_takes_is_refused(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let error = near.send(Keep { step: 3 }).await.unwrap_err();
    assert!(error.is_no_handler(), "{error:?}");
}

/// One after the other.
pub async fn what_one_sender_sends_arrives_in_order(world: World) {
    const MANY: u32 = 200;
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    for n in 0..MANY {
        near.send(Log { n }).await.unwrap();
    }
    far.seen.until("log", MANY as usize).await;
    let sent: Vec<String> = (0..MANY).map(|n| format!("log {n}")).collect();
    assert_eq!(far.seen.all("log"), sent);
}

/// One for each group, each exactly once, wherever the groups are.
pub async fn every_group_gets_a_copy(world: World) {
    const MANY: u32 = 20;
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    for n in 0..MANY {
        assert_eq!(near.publish(Sold { n }).await.unwrap().groups, 2);
    }
    for group in ["mail", "stock"] {
        let all = || {
            let mut all = one.seen.all(group);
            all.extend(two.seen.all(group));
            all
        };
        while all().len() < MANY as usize {
            let (more_of_one, more_of_two) = (one.seen.count(group) + 1, two.seen.count(group) + 1);
            if all().len() < MANY as usize {
                tokio::select! {
                    () = one.seen.until(group, more_of_one) => {}
                    () = two.seen.until(group, more_of_two) => {}
                }
            }
        }
    }
    one.bus.settled().await;
    two.bus.settled().await;
    for group in ["mail", "stock"] {
        let mut got = one.seen.all(group);
        got.extend(two.seen.all(group));
        got.sort_unstable();
        let mut published: Vec<String> = (0..MANY).map(|n| format!("{group} {n}")).collect();
        published.sort_unstable();
        assert_eq!(got, published);
    }
}

/// That nobody observes it is no error.
pub async fn a_message_without_observers_goes_to_no_group(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    assert_eq!(near.publish(Keep { step: 1 }).await.unwrap().groups, 0);
}
