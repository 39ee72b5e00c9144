//! The calling side, against our own listener and against servers that misbehave.

use std::sync::Arc;
use std::time::Duration;

use matchbus::transport::{Exposed, Head, Link};
use matchbus::{CallError, ErrorReply, Outcome};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::kit::{self, listen_with, world};

const SUM: &[u8] = br#"{"role":"math","cmd":"sum","left":1,"right":2}"#;

async fn call(link: &Arc<dyn Link>, message: &[u8]) -> Result<Vec<u8>, CallError<ErrorReply>> {
    link.call(message, &Head::default()).await
}

#[tokio::test]
async fn what_is_said_at_one_end_is_heard_at_the_other() {
    let world = world().await;
    let link = world.link("http");
    assert_eq!(call(&link, SUM).await.unwrap(), b"3");
    let mut head = Head::default();
    head.key = Some("pay 7 %ö".into());
    head.attempt = 2;
    head.budget = Some(Duration::from_millis(800));
    head.source = Some("cart/1".into());
    head.context = [("Tenant".into(), "Größe".into())].into();
    head.id = Some(matchbus::Id::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
    let meta: Value =
        serde_json::from_slice(&link.call(br#"{"role":"meta"}"#, &head).await.unwrap()).unwrap();
    assert_eq!(
        (&meta["key"], &meta["attempt"], &meta["source"]),
        (&json!("pay 7 %ö"), &json!(2), &json!("cart/1"))
    );
    assert_eq!(meta["context"], json!({"Tenant": "Größe"}));
    assert_eq!(meta["id"], "01930000-0000-7000-8000-000000000001");
    assert!(meta["budget"].as_u64().unwrap() <= 800);

    let error = call(&link, br#"{"role":"stock","cmd":"take","sku":"s1"}"#).await.unwrap_err();
    let CallError::App(reply) = &error else { panic!("{error:?}") };
    assert_eq!((&*reply.code, &*reply.message, reply.status), ("out-of-stock", "no `s1` left", 409));
    assert!(reply.retryable && reply.details == json!({"OutOfStock": {"sku": "s1"}}));

    let here = world.bus.act(json!({"role": "math", "cmd": "sum", "left": 1})).await.unwrap_err();
    let there = call(&link, br#"{"role":"math","cmd":"sum","left":1}"#).await.unwrap_err();
    let (here, there) = (here.bus().unwrap(), there.bus().unwrap());
    assert_eq!((here.code(), here.outcome(), here.path()), (there.code(), there.outcome(), there.path()));
    assert_eq!((here.pattern(), here.is_retryable()), (there.pattern(), there.is_retryable()));
    for (message, code, outcome) in [
        (&br#"{"role":"nobody"}"#[..], "no-handler", Outcome::NotDone),
        (br#"{"role":"panic"}"#, "panic", Outcome::Done),
        (b"[]", "malformed", Outcome::NotDone),
    ] {
        let error = call(&link, message).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), (code, outcome), "{error}");
    }
    let catalogue = link.catalogue().await.unwrap().unwrap();
    assert!(String::from_utf8(catalogue).unwrap().contains("cmd:sum,role:math"));
}

#[tokio::test]
async fn messages_without_a_reply_are_taken_in() {
    let world = world().await;
    let link = world.link("http");
    let mut head = Head::default();
    link.send(br#"{"role":"log"}"#, &head).await.unwrap();
    world.seen.heard.notified().await;
    let error = link.send(br#"{"role":"nobody"}"#, &head).await.unwrap_err();
    assert!(error.is_no_handler(), "{error}");
    head.published = true;
    link.send(br#"{"role":"event"}"#, &head).await.unwrap();
    world.seen.heard.notified().await;
    link.send(br#"{"role":"nobody"}"#, &head).await.unwrap();
}

#[tokio::test]
async fn a_call_ends_when_its_budget_does_and_is_taken_back() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link =
        kit::link(&format!("http://{}?connections=1&most_connections=1", server.local_addr().unwrap()));
    assert!(link.keeps_time());
    let calling = |ms| {
        let (link, mut head) = (Arc::clone(&link), Head::default());
        head.budget = Some(Duration::from_millis(ms));
        tokio::spawn(async move { link.call(SUM, &head).await })
    };
    let late = |error: CallError<ErrorReply>, time| {
        assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
        assert!(error.to_string().contains(&format!("did not answer within {time}")), "{error}");
    };
    // One that is answered leaves its connection, and its timer, to the next one, which has less time.
    let first = calling(60_000);
    let (mut stream, _) = server.accept().await.unwrap();
    let mut asked = vec![0; 4096];
    assert!(stream.read(&mut asked).await.unwrap() > 0);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n3").await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), b"3");
    let second = calling(500);
    assert!(stream.read(&mut asked).await.unwrap() > 0);
    // While this one waits for the only connection, or makes its own.
    late(calling(20).await.unwrap().unwrap_err(), "20ms");
    // Half of an answer is none.
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n3").await.unwrap();
    late(second.await.unwrap().unwrap_err(), "500ms");
    assert_eq!(
        stream.read(&mut asked).await.unwrap_or(0),
        0,
        "its connection is closed, which ends the handler"
    );
}

#[tokio::test]
async fn few_connections_serve_many_calls_and_more_are_made_while_they_are_busy() {
    let world = world().await;
    let link = kit::link(&format!("http://{}?connections=2&most_connections=5", world.address()));
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let link = Arc::clone(&link);
            tokio::spawn(async move {
                let message = format!(r#"{{"role":"gate","n":{n}}}"#);
                call(&link, message.as_bytes()).await.unwrap() == n.to_string().as_bytes()
            })
        })
        .collect();
    // Five run, on five connections; the others wait for their turn.
    world.started(5).await;
    assert_eq!(world.bus.flows().in_flight(), 5);
    world.seen.open.add_permits(40);
    for call in calls {
        assert!(call.await.unwrap());
    }
}

#[tokio::test]
async fn giving_up_on_a_call_tells_the_other_side() {
    let world = world().await;
    let link = world.link("http");
    let hanging = tokio::spawn({
        let link = Arc::clone(&link);
        async move { call(&link, br#"{"role":"hang"}"#).await }
    });
    world.started(1).await;
    hanging.abort();
    world.seen.dropped.acquire().await.unwrap().forget();
    assert_eq!(call(&link, SUM).await.unwrap(), b"3");
}

#[tokio::test]
async fn a_full_listener_says_that_nothing_ran() {
    let world = listen_with("http://127.0.0.1:0?connections=1", &Exposed::All, |bus| bus).await;
    let mut first = world.raw().await;
    assert_eq!(first.post("/act", "", r#"{"role":"echo"}"#).await.status, 200);
    let error = call(&world.link("http"), SUM).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("overloaded", Outcome::NotDone), "{error}");
}

/// A server that does this with every connection, after it has read a request.
async fn server<F, Fut>(answer: F) -> String
where
    F: Fn(TcpStream, usize) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        for n in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, n));
        }
    });
    address
}

async fn read_request(stream: &mut TcpStream) {
    let mut all = Vec::new();
    while !all.ends_with(SUM) {
        assert!(stream.read_buf(&mut all).await.unwrap() > 0);
    }
}

/// What a link says after a server answered with these bytes and closed.
async fn after(scheme: &str, bytes: &'static str) -> Result<Vec<u8>, CallError<ErrorReply>> {
    let address = server(move |mut stream, _| async move {
        read_request_any(&mut stream).await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
    })
    .await;
    call(&kit::link(&format!("{scheme}://{address}")), SUM).await
}

async fn read_request_any(stream: &mut TcpStream) {
    let mut all = Vec::new();
    while !all.ends_with(b"}") {
        assert!(stream.read_buf(&mut all).await.unwrap() > 0);
    }
}

#[tokio::test]
async fn nobody_there_is_not_done_and_the_next_try_waits() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let link = kit::link(&format!("http://{address}"));
    for text in ["does it run there?", "the next try is in"] {
        let error = call(&link, SUM).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("unreachable", Outcome::NotDone));
        assert!(error.is_retryable() && error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn what_was_sent_and_not_answered_is_unknown() {
    let address = server(|mut stream, _| async move { read_request(&mut stream).await }).await;
    let error = call(&kit::link(&format!("http://{address}")), SUM).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("connection-lost", Outcome::Unknown), "{error}");

    let error = after("http", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":").await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("connection-lost", Outcome::Unknown), "{error}");

    for garbage in ["SSH-2.0-OpenSSH_9.2\r\n", "\0\0\0\0", "HTTP/1.1 banana\r\n\r\n"] {
        let error = after("http", garbage).await.unwrap_err();
        assert_eq!(
            (error.code().as_str(), error.outcome()),
            ("connection-lost", Outcome::Unknown),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_says_so_is_not_done() {
    // The body is lost, but the head says enough.
    let error = after(
        "http",
        "HTTP/1.1 503 Service Unavailable\r\nmatchbus-outcome: not-done\r\ncontent-length: 9\r\n\r\n",
    )
    .await
    .unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
    let error = after(
        "http",
        "HTTP/1.1 429 Too Many Requests\r\nmatchbus-outcome: not-done\r\ncontent-length: 4\r\n\r\nbusy",
    )
    .await
    .unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
}

#[tokio::test]
async fn answers_of_strangers_are_unknown() {
    for answer in [
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
        "HTTP/1.1 302 Found\r\nlocation: http://x/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 500 Oops\r\ncontent-length: 31\r\n\r\n{\"error\":{\"code\":1,\"message\":2}}",
    ] {
        let error = after("http", answer).await.unwrap_err();
        assert!(error.bus().is_some() && error.outcome() == Outcome::Unknown, "{answer}: {error}");
    }
    let reply = after("http", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}").await.unwrap();
    assert_eq!(reply, br#"{"a":1}"#);
    for scheme in ["seneca+http", "seneca+web"] {
        let error =
            after(scheme, "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>").await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), ("undecodable-reply", Outcome::Unknown));
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_error() {
    let closed = Arc::new(tokio::sync::Notify::new());
    let address = server({
        let closed = Arc::clone(&closed);
        move |mut stream, n| {
            let closed = Arc::clone(&closed);
            async move {
                read_request(&mut stream).await;
                stream
                    .write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{n}").as_bytes())
                    .await
                    .unwrap();
                drop(stream);
                closed.notify_one();
            }
        }
    })
    .await;
    let link = kit::link(&format!("http://{address}"));
    for n in 0..5 {
        let reply = call(&link, SUM).await.unwrap();
        assert_eq!(reply, n.to_string().as_bytes());
        closed.notified().await;
        // The runtime must hear of the end before the next call looks.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_kept_longer_than_servers_keep_theirs() {
    let (told, mut connections) = tokio::sync::mpsc::unbounded_channel();
    let address = server(move |mut stream, n| {
        let told = told.clone();
        async move {
            told.send(n).unwrap();
            loop {
                let mut all = Vec::new();
                while !all.ends_with(SUM) {
                    if stream.read_buf(&mut all).await.unwrap() == 0 {
                        return;
                    }
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.unwrap();
            }
        }
    })
    .await;
    let link = kit::link(&format!("http://{address}"));
    call(&link, SUM).await.unwrap();
    call(&link, SUM).await.unwrap();
    tokio::time::advance(Duration::from_secs(4)).await;
    call(&link, SUM).await.unwrap();
    drop(link);
    assert_eq!((connections.recv().await, connections.recv().await), (Some(0), Some(1)));
    assert!(connections.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_use_is_closed() {
    let (told, mut closed) = tokio::sync::mpsc::unbounded_channel();
    let address = server(move |mut stream, n| {
        let told = told.clone();
        async move {
            let mut all = Vec::new();
            while !all.ends_with(SUM) {
                stream.read_buf(&mut all).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.unwrap();
            assert_eq!(stream.read_buf(&mut all).await.unwrap(), 0);
            told.send(n).unwrap();
        }
    })
    .await;
    let link = kit::link(&format!("http://{address}"));
    for n in 0..2 {
        call(&link, SUM).await.unwrap();
        // The link is there and does nothing more.
        assert_eq!(closed.recv().await, Some(n));
    }
    drop(link);
}

#[tokio::test]
async fn addresses_with_mistakes_are_refused() {
    use matchbus::transport::{Transport, http::Http};
    for (url, says) in [
        ("http://127.0.0.1:1?max_budget_ms=3", "max_budget_ms"),
        ("http://127.0.0.1:1?connections=8&most_connections=2", "less than"),
        ("http://127.0.0.1:1/a b", "path"),
        ("http://a b:1", "host"),
    ] {
        let error = Http::new().connect(&url.parse().unwrap()).unwrap_err();
        assert!(error.code() == "usage" && error.to_string().contains(says), "{url}: {error}");
    }
}
