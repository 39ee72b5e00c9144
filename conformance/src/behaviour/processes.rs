use matchbus::transport::{Exposed, Head};
use matchbus::{Bus, Outcome};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::failure;
use crate::World;
use crate::services::{self, Gate, Log, Ping, Take};

/// Every call is answered by one of them, and each has some.
pub async fn instances_share_the_work(world: World) {
    let fars = [world.far().await, world.far().await, world.far().await];
    let near = world.near(&fars.each_ref()).await;
    for _ in 0..60 {
        assert!(near.act(json!({"suite": "name"})).await.is_ok());
    }
    let counts = fars.each_ref().map(|far| far.seen.count("name"));
    assert_eq!(counts.iter().sum::<usize>(), 60, "{counts:?}");
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

/// Not to all of them.
pub async fn a_send_goes_to_one_instance(world: World) {
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    for n in 0..20 {
        near.send(Log { n }).await.unwrap();
    }
    one.bus.settled().await;
    two.bus.settled().await;
    let mut all = one.seen.all("log");
    all.extend(two.seen.all("log"));
    all.sort_unstable();
    let mut sent: Vec<String> = (0..20).map(|n| format!("log {n}")).collect();
    sent.sort_unstable();
    assert_eq!(all, sent);
}

async fn read(near: &Bus) -> Value {
    near.act(json!({"suite": "name"})).await.unwrap_or_else(|error| panic!("a caller saw it: {error:?}"))
}

/// It dies between two calls, in the middle of many others.
pub async fn a_process_that_stops_is_not_seen_by_callers(world: World) {
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    for _ in 0..10 {
        read(&near).await;
    }
    let gone = one.kill();
    // It may still answer in its last moment.
    while read(&near).await == gone.name {}
    for _ in 0..50 {
        assert_eq!(read(&near).await, two.seen.name);
    }
}

/// It is told to stop while calls come.
pub async fn a_process_that_drains_is_not_seen_by_callers(world: World) {
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let near = near.clone();
        callers.spawn(async move {
            for _ in 0..50 {
                read(&near).await;
            }
        });
    }
    one.seen.until("name", 5).await;
    assert_eq!(one.bus.shutdown().await, 0);
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    assert!(one.seen.count("name") + two.seen.count("name") >= 200, "each ran");
}

/// *Unknown*, and running it twice does no harm.
pub async fn a_read_is_repeated_elsewhere_when_its_process_dies(world: World) {
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    let call = tokio::spawn(async move { near.act(json!({"suite": "read-hang"})).await });
    let (dies, lives) = tokio::select! {
        () = one.seen.until("hang started", 1) => (&one.seen.name, &two.seen.name),
        () = two.seen.until("hang started", 1) => (&two.seen.name, &one.seen.name),
    };
    let (dies, lives) = (dies.clone(), lives.clone());
    for far in [one, two] {
        if far.seen.name == dies {
            far.kill();
        } else {
            // It lives on until the call has ended.
            std::mem::forget(far.listener);
        }
    }
    assert_eq!(call.await.unwrap(), Ok(json!(lives)));
}

/// *Unknown*, and the caller is asked.
pub async fn what_may_have_run_is_not_repeated(world: World) {
    let (one, two) = (world.far().await, world.far().await);
    let near = world.near(&[&one, &two]).await;
    let call = tokio::spawn(async move { near.act(json!({"suite": "hang"})).await });
    tokio::select! {
        () = one.seen.until("hang started", 1) => {}
        () = two.seen.until("hang started", 1) => {}
    }
    let seen = [one.kill(), two.kill()];
    let (outcome, code, text) = failure(call.await.unwrap());
    assert_eq!((outcome, code.as_str()), (Outcome::Unknown, "connection-lost"), "{text}");
    assert_eq!(seen.map(|seen| seen.count("hang started")).iter().sum::<usize>(), 1);
}

/// It was there a moment ago.
pub async fn nobody_there_is_not_done(world: World) {
    let far = world.far().await;
    let url = far.url();
    let near = world.near(&[&far]).await;
    assert_eq!(near.call(Take { sku: "tea".into(), n: 1 }).await, Ok(1));
    let link = world.link(&url);
    far.kill();
    // What the old connection still takes may be lost with it; then nothing can be taken any more.
    let head = Head::default();
    let message = br#"{"suite":"take","sku":"tea","n":1}"#;
    let error = loop {
        match link.call(message, &head).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) if error.outcome() == Outcome::Unknown => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "unreachable"), "{error:?}");
    assert!(error.is_retryable(), "{error:?}");
    // A bus keeps its connections too; once they are known to be gone, nobody can have had the message.
    let near = near.timeout(std::time::Duration::from_millis(500));
    let error = loop {
        let error = near.call(Gate { n: 1 }).await.unwrap_err();
        if error.outcome() != Outcome::Unknown {
            break error;
        }
    };
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "unreachable"), "{error:?}");
}

/// At the same place; stopped in order the first time, and killed the second.
pub async fn a_process_that_came_back_is_found_again(world: World) {
    let mut far = world.far().await;
    let url = far.url();
    let near = world.near(&[&far]).await;
    for stop_in_order in [true, false] {
        read(&near).await;
        if stop_in_order {
            far.bus.shutdown().await;
            if let Some(listener) = far.listener.take() {
                listener.ended().await;
            }
        } else {
            far.kill();
        }
        far = world.far_with(&Exposed::All, Some(&url), |builder| builder).await;
        // While its link rests after a refusal, callers are told at once.
        loop {
            match near.act(json!({"suite": "name"})).await {
                Ok(name) => break assert_eq!(name, far.seen.name),
                Err(error) => assert_ne!(error.outcome(), Outcome::Done, "{error:?}"),
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Processes start in any order: the first call waits for it.
pub async fn a_process_that_comes_later_is_found(world: World) {
    let far = world.far().await;
    let url = far.url();
    far.kill();
    let near = world.near_to([url.clone()].into_iter()).await;
    let call = tokio::spawn(async move { near.act(json!({"suite": "name"})).await });
    let far = world.far_with(&Exposed::All, Some(&url), |builder| builder).await;
    assert_eq!(call.await.unwrap(), Ok(json!(far.seen.name)));
}

fn only_takes() -> Exposed {
    Exposed::Pins(vec!["suite:take".parse().expect("a pattern")])
}

/// Rule M8: whatever else the message says.
pub async fn only_what_is_exposed_is_reached(world: World) {
    let far = world.far_with(&only_takes(), None, |builder| builder).await;
    let link = world.link(&far.url());
    let head = Head::default();
    let take = br#"{"suite":"take","sku":"tea","n":2}"#;
    assert_eq!(link.call(take, &head).await.as_deref(), Ok(&b"2"[..]));
    for hidden in
        [&br#"{"suite":"name"}"#[..], br#"{"suite":"name","sku":"tea","n":2}"#, br#"{"suite":"log","n":1}"#]
    {
        let (outcome, code, text) = failure(link.call(hidden, &head).await);
        assert_eq!((outcome, code.as_str()), (Outcome::NotDone, "no-handler"), "{text}");
    }
    assert!(link.send(br#"{"suite":"log","n":1}"#, &head).await.is_err());
    let mut published = Head::default();
    published.published = true;
    // That nobody observes it is no error.
    link.send(br#"{"suite":"sold","n":1}"#, &published).await.unwrap();
    far.bus.settled().await;
    assert_eq!(far.seen.count(""), 0, "{:?}", far.seen.all(""));
}

/// And nothing else.
pub async fn a_catalogue_lists_what_is_exposed(world: World) {
    let all = world.far().await;
    let few = world.far_with(&only_takes(), None, |builder| builder).await;
    let patterns = async |far: &crate::Far| {
        let json = world.link(&far.url()).catalogue().await.unwrap().expect("there is a catalogue");
        let catalogue: matchbus::registry::Catalogue = serde_json::from_slice(&json).unwrap();
        catalogue.handlers.into_iter().map(|handler| handler.pattern).collect::<Vec<_>>()
    };
    let listed = patterns(&all).await;
    assert!(
        ["suite:take", "suite:echo", "suite:sold"].iter().all(|one| listed.iter().any(|it| it == one)),
        "{listed:?}"
    );
    assert_eq!(patterns(&few).await, ["suite:take"]);
}

/// A head says only what it has to.
pub async fn a_link_needs_nothing_beside_the_message(world: World) {
    let far = world.far().await;
    let link = world.link(&far.url());
    let about = link.call(br#"{"suite":"who"}"#, &Head::default()).await.unwrap();
    let about: Value = serde_json::from_slice(&about).unwrap();
    assert!(about["id"].is_string() && about["tenant"].is_null() && about["attempt"] == 0, "{about}");
    link.send(br#"{"suite":"log","n":3}"#, &Head::default()).await.unwrap();
    far.seen.until("log 3", 1).await;
}

/// Neither their answers nor their ends.
pub async fn two_callers_do_not_see_each_other(world: World) {
    let far = world.far().await;
    let (one, two) = (world.near(&[&far]).await, world.near(&[&far]).await);
    let mut calls = JoinSet::new();
    for n in 0..64 {
        let near = if n % 2 == 0 { one.clone() } else { two.clone() };
        calls.spawn(async move { assert_eq!(near.call(Gate { n }).await, Ok(n)) });
    }
    far.seen.until("gate started", 64).await;
    drop(one);
    far.seen.open(64);
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!(two.call(Take { sku: "tea".into(), n: 9 }).await, Ok(9));
}

/// How many messages led to one, and their patterns, arrive with it: else nobody sees that two processes call each other
/// for ever.
pub async fn a_circle_over_two_processes_is_stopped(world: World) {
    let one =
        world.far_with(&Exposed::All, None, |builder| builder.services(services::pings()).in_part()).await;
    let two =
        world.far_with(&Exposed::All, None, |builder| builder.services(services::pongs()).in_part()).await;
    one.bus.connect(&two.url()).await.unwrap();
    two.bus.connect(&one.url()).await.unwrap();
    let error = one.bus.call(Ping {}).await.expect_err("it was to fail");
    let text = error.to_string();
    // Handlers ran.
    assert_eq!((error.code().as_str(), error.outcome()), ("loop", Outcome::Done), "{text}");
    assert!(text.contains("suite:ping → suite:pong → suite:ping"), "the chain arrives: {text}");
    let runs = (one.seen.count("ping"), two.seen.count("pong"));
    assert_eq!(runs, (17, 16), "the edge and 32 nested ones");
}
