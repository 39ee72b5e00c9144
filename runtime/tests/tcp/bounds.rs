//! Clients that are slow, silent, large, or too many.

use std::sync::Arc;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Transport, Url};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::kit::{Far, Raw, act, act_of_ours, call, echo, link};

#[tokio::test]
async fn who_begins_a_line_must_end_it() {
    let far = Far::listen("line_timeout=50ms").await;
    let (mut slow, mut good) = (far.raw().await, far.raw().await);
    assert_eq!(good.ask(act("0", json!({"role": "echo"}))).await["id"], "0");
    slow.write("{\"id\":").await;
    let answer = slow.read().await.unwrap();
    assert!(answer["error"]["message"].as_str().unwrap().contains("not completed within 50ms"), "{answer}");
    assert_eq!(slow.read().await.unwrap()["mb"], json!({"taken": 0}));
    assert!(slow.read().await.is_none());
    assert_eq!(good.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_that_waits_is_not() {
    let far = Far::listen("idle_timeout=50ms").await;
    let (mut idle, mut waits) = (far.raw().await, far.raw().await);
    waits.write(act_of_ours("1", json!({"role": "wait"}))).await;
    assert_eq!(idle.read().await.unwrap()["mb"], json!({"taken": 0}));
    assert!(idle.read().await.is_none());
    far.gate.0.add_permits(1);
    assert_eq!(waits.read().await.unwrap()["id"], "1");
    assert_eq!(waits.read().await.unwrap()["mb"], json!({"taken": 1}));
    assert!(waits.read().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_connects_and_is_silent_has_its_place_for_ten_seconds() {
    let far = Far::listen("max_connections=2").await;
    let (mut silent, mut used) = (far.raw().await, far.raw().await);
    assert_eq!(used.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
    let began = tokio::time::Instant::now();
    assert_eq!(silent.read().await.unwrap()["mb"], json!({"taken": 0}));
    assert!(silent.read().await.is_none());
    assert!(began.elapsed() <= Duration::from_secs(11), "{:?}", began.elapsed());
    // Its place is another one's as soon as it is gone, and who has said something may be silent for longer.
    drop(silent);
    while far.raw().await.ask(act("1", json!({"role": "echo"}))).await["id"] != "1" {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_mins(9)).await;
    assert_eq!(used.ask(act("2", json!({"role": "echo"}))).await["id"], "2");
}

#[tokio::test]
async fn empty_lines_keep_no_connection() {
    let far = Far::listen("idle_timeout=100ms&line_timeout=100ms").await;
    for drip in ["\n", "\r\n", " ", "\n "] {
        let (mut reader, mut writer) = TcpStream::connect(far.address()).await.unwrap().into_split();
        let dripping = async {
            while writer.write_all(drip.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = async { while reader.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {} };
        tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(dripping, ended) })
            .await
            .unwrap_or_else(|_| panic!("{drip:?} keeps it"));
    }
}

#[tokio::test]
async fn who_does_not_read_its_answers_is_cut_off() {
    let far = Far::listen("write_timeout=100ms&max_in_flight=8").await;
    let stream = TcpStream::connect(far.address()).await.unwrap();
    let line = format!("{}\n", act("1", json!({"role": "echo", "x": "x".repeat(64 * 1024)})));
    // It writes until nobody takes its requests any more, and then finds itself cut off.
    let (reader, mut writer) = stream.into_split();
    while writer.write_all(line.as_bytes()).await.is_ok() {}
    drop(reader);
    assert!(call(&far.link(), json!({"role": "echo"})).await.is_ok());
}

#[tokio::test]
async fn more_connections_than_allowed_are_told_so() {
    let far = Far::listen("max_connections=1").await;
    let mut first = far.raw().await;
    assert_eq!(first.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
    let mut second = far.raw().await;
    let answer = second.read().await.unwrap();
    assert_eq!(answer["error"]["status"], 503, "{answer}");
    let link = far.link();
    let error = call(&link, json!({"role": "echo"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("overloaded", Outcome::NotDone), "{error}");
    assert!(error.to_string().contains("the listener is full: 1 connections"), "{error}");
    // While it waits before it tries again, too.
    let error = call(&link, json!({"role": "echo"})).await.unwrap_err();
    assert!(error.to_string().contains("the listener is full: 1 connections"), "{error}");
    drop(first);
    loop {
        if call(&far.link(), json!({"role": "echo"})).await.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_unknown() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(&format!("tcp://{}?max_answer=1000", server.local_addr().unwrap()));
    for bad in [
        "\"res\":{\"a\":1,\"a\":2}}".to_owned(),
        "\"res\":".to_owned(),
        format!("\"res\":\"{}\"}}", "x".repeat(2_000)),
    ] {
        let calling = tokio::spawn({
            let link = Arc::clone(&link);
            async move { call(&link, json!({})).await }
        });
        let mut raw = Raw::new(server.accept().await.unwrap().0);
        let frame = raw.read().await.unwrap();
        raw.write(format!("{{\"id\":{},\"kind\":\"res\",{bad}\n", frame["id"])).await;
        let error = calling.await.unwrap().unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("undecodable-reply", Outcome::Unknown));
        // So that the next one comes by a connection of its own.
        raw.write("nonsense\n{\"id\":null,\"kind\":\"res\",\"mb\":{\"taken\":1}}\n").await;
        assert!(raw.read().await.is_none());
    }
}

#[tokio::test]
async fn odd_addresses_are_refused_with_the_cure() {
    let bus = Bus::with(services![echo]).unwrap();
    let refused = |url: &str| Tcp::new().connect(&url.parse::<Url>().unwrap()).unwrap_err().to_string();
    assert!(refused("tcp://h:1/act").contains("no path"));
    assert!(refused("tcp://h:1?max_in_flight=1").contains("no option `max_in_flight`"));
    let first = bus.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    let taken = bus.listen(first.url(), &Exposed::All).await.unwrap_err().to_string();
    assert!(taken.contains("cannot listen at") && taken.contains("another port"), "{taken}");
}
