//! Callers, servers and connections that go away.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::Exposed;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::kit::{Far, Raw, act, act_of_ours, call, head, link};

#[tokio::test]
async fn when_the_caller_gives_up_the_far_handler_is_cancelled() {
    let far = Far::listen("").await;
    let link = far.link();
    call(&link, json!({"role": "echo"})).await.unwrap();
    let hanging = tokio::spawn({
        let link = Arc::clone(&link);
        async move { call(&link, json!({"role": "hang"})).await }
    });
    far.seen.started.notified().await;
    hanging.abort();
    far.seen.dropped.notified().await;
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
}

#[tokio::test]
async fn when_the_caller_s_process_dies_the_far_handler_is_cancelled() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    raw.write(act_of_ours("1", json!({"role": "hang"}))).await;
    far.seen.started.notified().await;
    drop(raw);
    far.seen.dropped.notified().await;
}

#[tokio::test]
async fn draining_lets_what_runs_end_and_refuses_the_rest() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    raw.write(act_of_ours("1", json!({"role": "wait", "n": 1}))).await;
    far.seen.started.notified().await;
    let draining = tokio::spawn({
        let bus = far.bus.clone();
        async move { bus.shutdown().await }
    });
    assert_eq!(raw.read().await.unwrap()["mb"], json!({"taken": 1}));
    // Not read any more, and the peer knows it.
    raw.write(act_of_ours("2", json!({"role": "echo"}))).await;
    far.gate.0.add_permits(1);
    assert_eq!(raw.read().await.unwrap()["res"]["n"], 1);
    assert!(raw.read().await.is_none());
    assert_eq!(draining.await.unwrap(), 0);
    // Nobody listens any more.
    let error = call(&far.link(), json!({"role": "echo"})).await.unwrap_err();
    assert!(error.bus().unwrap().is_unreachable());
}

/// It may be one of ours, with a first message on its way.
#[tokio::test]
async fn draining_tells_a_connection_that_has_sent_no_message() {
    let far = Far::listen("").await;
    let (mut silent, mut asks, mut other) = (far.raw().await, far.raw().await, far.raw().await);
    assert_eq!(asks.ask(json!({"id": "1", "kind": "catalogue"})).await["id"], "1");
    assert_eq!(other.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
    // These are accepted in their order.
    let mut last = far.raw().await;
    assert_eq!(last.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
    assert_eq!(far.bus.shutdown().await, 0);
    silent.write(act_of_ours("1", json!({"role": "echo"}))).await;
    assert_eq!(silent.read().await.unwrap()["mb"], json!({"taken": 0}));
    assert_eq!(asks.read().await.unwrap()["mb"], json!({"taken": 1}));
    // A Seneca would not know what that is.
    assert!(other.read().await.is_none());
    assert!(silent.read().await.is_none() && asks.read().await.is_none());
}

#[tokio::test]
async fn draining_tells_who_was_not_accepted_yet() {
    let far = Far::listen("").await;
    // Nothing else of this thread runs meanwhile.
    let early = std::net::TcpStream::connect(far.address()).unwrap();
    let draining = tokio::spawn({
        let bus = far.bus.clone();
        async move { bus.shutdown().await }
    });
    early.set_nonblocking(true).unwrap();
    let mut early = Raw::new(tokio::net::TcpStream::from_std(early).unwrap());
    early.write(act_of_ours("1", json!({"role": "echo"}))).await;
    assert_eq!(early.read().await.unwrap()["mb"], json!({"taken": 0}));
    assert!(early.read().await.is_none());
    assert_eq!(draining.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_connection_is_drained_too() {
    let far = Far::listen("").await;
    let link = far.link();
    let lanes: Vec<_> = (0..64)
        .map(|_| {
            let link = Arc::clone(&link);
            tokio::spawn(async move {
                loop {
                    if let Err(error) = call(&link, json!({"role": "echo"})).await {
                        return error;
                    }
                }
            })
        })
        .collect();
    while far.bus.flows().of("role:echo").replied < 1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(far.bus.shutdown().await, 0);
    far.listener.ended().await;
    // Each of them was answered, or knows for certain that it was not heard.
    for lane in lanes {
        let error = lane.await.unwrap();
        assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
    }
}

#[tokio::test]
async fn a_client_knows_which_calls_a_leaving_server_did_not_take() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", server.local_addr().unwrap()));
    let calls = ["a", "b"].map(|n| {
        let link = Arc::clone(&link);
        tokio::spawn(async move { call(&link, json!({ "n": n })).await })
    });
    let mut raw = Raw::new(server.accept().await.unwrap().0);
    let first = raw.read().await.unwrap();
    raw.read().await.unwrap();
    raw.write("{\"id\":null,\"kind\":\"res\",\"mb\":{\"taken\":1}}\n").await;
    raw.write(format!("{}\n", json!({"id": first["id"], "kind": "res", "mb": {}, "res": first["act"]})))
        .await;
    let [a, b] = calls;
    let (a, b) = (a.await.unwrap(), b.await.unwrap());
    let (taken, refused) = if first["act"]["n"] == "a" { (a, b) } else { (b, a) };
    assert_eq!(taken.unwrap(), first["act"]);
    let refused = refused.unwrap_err();
    assert_eq!((refused.code().as_str(), refused.outcome()), ("draining", Outcome::NotDone));
}

#[tokio::test]
async fn a_refused_connection_is_not_done() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let link = link(&format!("tcp://{unused}"));
    for _ in 0..3 {
        let error = call(&link, json!({"role": "echo"})).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("unreachable", Outcome::NotDone));
        assert!(error.is_retryable() && error.to_string().contains(&unused.to_string()), "{error}");
    }
}

#[tokio::test]
async fn the_time_to_the_next_try_is_told_in_milliseconds() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", gone.local_addr().unwrap()));
    drop(gone);
    let again = loop {
        let error = call(&link, json!({})).await.unwrap_err().to_string();
        if error.contains("next try") {
            break error;
        }
    };
    let time = again.split("the next try is in ").nth(1).unwrap();
    let number = time.split(" ms)").next().unwrap();
    assert!(number.parse::<u32>().is_ok_and(|ms| ms > 0), "{again}");
}

#[tokio::test]
async fn what_left_before_the_connection_broke_is_unknown() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", server.local_addr().unwrap()));
    let calling = tokio::spawn({
        let link = Arc::clone(&link);
        async move { call(&link, json!({"role": "echo"})).await }
    });
    let mut raw = Raw::new(server.accept().await.unwrap().0);
    raw.read().await.unwrap();
    drop(raw);
    let error = calling.await.unwrap().unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("connection-lost", Outcome::Unknown));
}

#[tokio::test]
async fn what_never_left_is_not_done() {
    // The other side reads nothing, so the second message stays here when the socket is full.
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", server.local_addr().unwrap()));
    let large = Arc::new(format!("{{\"x\":\"{}\"}}", "x".repeat(12 << 20)));
    let first = tokio::spawn({
        let (link, large) = (Arc::clone(&link), Arc::clone(&large));
        async move { link.call(large.as_bytes(), &head()).await }
    });
    let (mut peer, _) = server.accept().await.unwrap();
    peer.read_exact(&mut [0; 1024]).await.unwrap();
    let second = tokio::spawn({
        let link = Arc::clone(&link);
        async move { link.call(br#"{"role":"echo"}"#, &head()).await }
    });
    tokio::task::yield_now().await;
    drop(peer);
    assert_eq!(first.await.unwrap().unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(second.await.unwrap().unwrap_err().outcome(), Outcome::NotDone);
}

#[tokio::test]
async fn a_server_that_comes_back_at_the_same_place_is_found_again() {
    let far = Far::listen("").await;
    let (address, link) = (far.address(), far.link());
    call(&link, json!({"role": "echo"})).await.unwrap();
    let hanging = tokio::spawn({
        let link = Arc::clone(&link);
        async move { call(&link, json!({"role": "hang"})).await }
    });
    far.seen.started.notified().await;
    drop(far.listener);
    let error = hanging.await.unwrap().unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let again = Far::at(&format!("tcp://{address}"), &Exposed::All).await;
    // The bus tries again what is not done; here this loop does.
    loop {
        match call(&link, json!({"role": "echo"})).await {
            Ok(_) => break,
            Err(error) => assert_eq!(error.outcome(), Outcome::NotDone, "{error}"),
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(again.bus.flows().of("role:echo").replied, 1);
}

/// The clock moves only where this test moves it, or at its own pace of which an hour is not to come.
#[tokio::test]
async fn a_peer_that_owes_answers_and_is_silent_is_given_up() {
    const HALF: Duration = Duration::from_mins(30);
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let link = link(&format!("tcp://{address}?silence_timeout=60m"));
    let calling = |n| {
        let link = Arc::clone(&link);
        tokio::spawn(async move { call(&link, json!({ "n": n })).await })
    };
    let answer = |frame: &Value, with: Value| {
        format!("{}\n", json!({"id": frame["id"], "kind": "res", "mb": {}, "res": with}))
    };
    let first = calling(1);
    let mut raw = Raw::new(server.accept().await.unwrap().0);
    let frame = raw.read().await.unwrap();
    raw.write(answer(&frame, json!(1))).await;
    first.await.unwrap().unwrap();
    let second = calling(2);
    assert_eq!(raw.read().await.unwrap()["act"]["n"], 2);
    pass(HALF).await;
    let probe = raw.read().await.unwrap();
    assert_eq!(probe["kind"], "health");
    // It lives, and is silent again. What comes after that answer is read after it.
    raw.write(answer(&probe, json!({"ready": true}))).await;
    let third = calling(3);
    let frame = raw.read().await.unwrap();
    assert_eq!(frame["act"]["n"], 3);
    raw.write(answer(&frame, json!(3))).await;
    third.await.unwrap().unwrap();
    pass(HALF).await;
    assert_eq!(raw.read().await.unwrap()["kind"], "health");
    assert!(!second.is_finished());
    pass(HALF).await;
    let error = second.await.unwrap().unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("connection-lost", Outcome::Unknown));
    assert!(raw.read().await.is_none());
}

/// Lets this time go by, and a little more than that, so that what began just now is over too.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time + Duration::from_mins(1)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_call_ends_when_its_budget_does_and_is_taken_back() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", server.local_addr().unwrap()));
    assert!(link.keeps_time());
    let calling = |n, ms| {
        let (link, mut head) = (Arc::clone(&link), head());
        head.budget = Some(Duration::from_millis(ms));
        tokio::spawn(async move { link.call(format!("{{\"n\":{n}}}").as_bytes(), &head).await })
    };
    let long = calling(1, 60_000);
    let mut raw = Raw::new(server.accept().await.unwrap().0);
    let first = raw.read().await.unwrap();
    // Less time than the one before it, which is still waited for.
    let error = calling(2, 30).await.unwrap().unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
    assert!(error.to_string().contains("did not answer within 30ms"), "{error}");
    assert_eq!(raw.read().await.unwrap()["act"]["n"], 2);
    raw.write(format!("{}\n", json!({"id": first["id"], "kind": "res", "mb": {}, "res": 1}))).await;
    assert_eq!(long.await.unwrap().unwrap(), b"1");
    // Of a peer that is known to understand it.
    calling(3, 30).await.unwrap().unwrap_err();
    let third = raw.read().await.unwrap();
    let cancel = raw.read().await.unwrap();
    assert_eq!((&cancel["kind"], &cancel["id"]), (&json!("cancel"), &third["id"]));
}

/// It reads no more, so it cannot say that it lives; what it took may run for long.
#[tokio::test(start_paused = true)]
async fn a_peer_that_goes_away_may_be_silent_until_it_answers() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}", server.local_addr().unwrap()));
    let calling = tokio::spawn({
        let link = Arc::clone(&link);
        async move { call(&link, json!({"role": "slow"})).await }
    });
    let mut raw = Raw::new(server.accept().await.unwrap().0);
    let frame = raw.read().await.unwrap();
    // An answer to nobody, by which the other side is known.
    raw.write("{\"id\":\"0/0\",\"kind\":\"res\",\"mb\":{},\"res\":1}\n").await;
    raw.write("{\"id\":null,\"kind\":\"res\",\"mb\":{\"taken\":1}}\n").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    raw.write(format!("{}\n", json!({"id": frame["id"], "kind": "res", "mb": {}, "res": 7}))).await;
    assert_eq!(calling.await.unwrap().unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_given_up_at_any_moment_leave_nothing_behind() {
    let far = Far::listen("").await;
    let link = far.link();
    call(&link, json!({"role": "echo"})).await.unwrap();
    let calls: Vec<_> = (0..2_000u64)
        .map(|n| {
            let link = Arc::clone(&link);
            tokio::spawn(async move {
                let role = if n % 2 == 0 { "hang" } else { "echo" };
                let message = json!({ "role": role }).to_string();
                let head = head();
                let mut call = std::pin::pin!(link.call(message.as_bytes(), &head));
                for _ in 0..n % 7 {
                    tokio::select! {
                        biased;
                        _ = &mut call => return,
                        () = tokio::task::yield_now() => {}
                    }
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    // An answer to the last one comes after all cancellations, since a connection keeps its order.
    call(&link, json!({"role": "echo"})).await.unwrap();
    assert_eq!(far.bus.shutdown().await, 0);
}

/// A link is the process's, and its connection's task is on the runtime that called first.
#[test]
fn a_link_is_used_from_one_runtime_after_the_other() {
    let new = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let far = server.block_on(Far::listen(""));
    let link = far.link();
    let caller = new();
    // One call waits on a runtime that lives on.
    let (hanging, called) = {
        let (link, waits) = (Arc::clone(&link), new());
        let (tell, told) = std::sync::mpsc::channel();
        caller.block_on(call(&link, json!({"role": "echo"}))).unwrap();
        let thread = std::thread::spawn(move || {
            tell.send(waits.block_on(call(&link, json!({"role": "hang"})))).unwrap();
        });
        (thread, told)
    };
    caller.block_on(far.seen.started.notified());
    drop(caller);
    let error =
        called.recv_timeout(Duration::from_secs(30)).expect("it waits for a task that is gone").unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("connection-lost", Outcome::Unknown));
    hanging.join().unwrap();
    let again =
        async { tokio::time::timeout(Duration::from_secs(30), call(&link, json!({"role": "echo"}))).await };
    assert!(new().block_on(again).expect("it waits for a task that is gone").is_ok());
}

/// Where no connection's task can live, a call must not try for ever.
#[test]
fn a_call_while_its_runtime_shuts_down_is_not_done() {
    struct Calls(Arc<dyn matchbus::transport::Link>, std::sync::mpsc::Sender<Option<Outcome>>);
    impl Drop for Calls {
        fn drop(&mut self) {
            let head = head();
            let mut call = self.0.call(b"{}", &head);
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let outcome = match polled {
                Poll::Ready(Err(error)) => Some(error.outcome()),
                _ => None,
            };
            self.1.send(outcome).unwrap();
        }
    }
    let (tell, told) = std::sync::mpsc::channel();
    let calls = Calls(link("tcp://127.0.0.1:1"), tell);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.spawn(async move {
            let _calls = calls;
            std::future::pending::<()>().await;
        });
        runtime.block_on(tokio::task::yield_now());
    });
    let outcome = told.recv_timeout(Duration::from_secs(30)).expect("it tries for ever");
    assert_eq!(outcome, Some(Outcome::NotDone));
}
