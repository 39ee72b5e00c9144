//! Clients that are slow, large, or too many.

use std::time::Duration;

use matchbus::transport::Exposed;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::kit::{listen_with, world};

const SUM: &str = r#"{"role":"math","cmd":"sum","left":1,"right":2}"#;

fn about_ten_seconds(since: Instant) {
    let took = since.elapsed();
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(11), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn heads_that_do_not_come_to_an_end_are_cut_off() {
    let world = world().await;
    for start in ["", "P", "POST /act HTTP/1.1\r\nx-slow: 1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut raw = world.raw().await;
        let begin = Instant::now();
        raw.send(start).await;
        raw.ended().await;
        about_ten_seconds(begin);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut_off_too() {
    let world = world().await;
    let raw = world.raw().await;
    let begin = Instant::now();
    let (mut reader, mut writer) = raw.stream.into_split();
    let dripping = tokio::spawn(async move {
        writer.write_all(b"POST /act HTTP/1.1\r\nx: ").await.unwrap();
        while writer.write_all(b"y").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut all = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut all).await;
    about_ten_seconds(begin);
    dripping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_told_so() {
    let world = world().await;
    let mut raw = world.raw().await;
    let begin = Instant::now();
    let answer =
        raw.ask("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"role\"").await.unwrap();
    assert_eq!(answer.error(), (408, "malformed".into(), "not-done".into()));
    about_ten_seconds(begin);
    raw.ended().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_a_working_one_is_not() {
    let world =
        listen_with("http://127.0.0.1:0", &Exposed::All, |bus| bus.timeout(Duration::from_secs(40))).await;
    let mut raw = world.raw().await;
    let begin = Instant::now();
    let error = raw.post("/act", "", r#"{"role":"hang"}"#).await;
    assert_eq!((error.error().1.as_str(), begin.elapsed().as_secs()), ("deadline", 40));
    let begin = Instant::now();
    raw.ended().await;
    about_ten_seconds(begin);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_not_read_does_not_stay() {
    let world = world().await;
    let mut raw = world.raw().await;
    // More than the buffers of the two sockets hold.
    let body = r#"{"role":"large","bytes":20000000}"#;
    let request = format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    raw.send(request).await;
    while world.bus.flows().of("role:large").replied == 0 {
        tokio::task::yield_now().await;
    }
    // The clock stands still while anything runs; only the server's own timer can move it.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let mut all = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut raw.stream, &mut all).await;
    assert!(all.len() < 20_000_000, "{}", all.len());
}

/// What nobody reads must not be kept (rule R17): one reply waits in the process, and the next request waits for that.
#[tokio::test(start_paused = true)]
async fn requests_are_not_answered_for_somebody_who_does_not_read() {
    let world = world().await;
    let mut raw = world.raw().await;
    let body = r#"{"role":"large","bytes":1000000}"#;
    let request = format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    raw.send(request.repeat(60)).await;
    while world.bus.flows().of("role:large").replied == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_secs(25)).await;
    // The buffers of the two sockets hold some.
    let answered = world.bus.flows().of("role:large").replied;
    assert!(answered < 30, "{answered}");
    let mut all = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut raw.stream, &mut all).await;
    assert!(all.len() < 30_000_000, "{}", all.len());
}

#[tokio::test(start_paused = true)]
async fn the_times_can_be_set() {
    for options in ["idle_timeout=300ms&body_timeout=700ms", "idle_ms=300&body_ms=700"] {
        times_are(options).await;
    }
}

async fn times_are(options: &str) {
    let world = listen_with(&format!("http://127.0.0.1:0?{options}"), &Exposed::All, |bus| bus).await;
    let mut raw = world.raw().await;
    let begin = Instant::now();
    raw.send("POST /act HTTP/1.1\r\nx-slow: 1\r\n").await;
    raw.ended().await;
    assert_eq!(begin.elapsed().as_millis() / 100, 3);
    let mut raw = world.raw().await;
    let begin = Instant::now();
    let answer =
        raw.ask("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"role\"").await.unwrap();
    assert_eq!((answer.status, begin.elapsed().as_millis() / 100), (408, 7));
}

#[tokio::test]
async fn messages_over_the_bound_of_the_listener_are_told_that_nothing_ran() {
    let world = listen_with("http://127.0.0.1:0", &Exposed::All, |bus| bus.in_flight(1)).await;
    let mut first = world.raw().await;
    let hang = r#"{"role":"gate","n":7}"#;
    first
        .send(format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{hang}", hang.len()))
        .await;
    world.started(1).await;
    assert_eq!(world.post(SUM).await.error(), (503, "overloaded".into(), "not-done".into()));
    world.seen.open.add_permits(1);
    assert_eq!(first.answer().await.unwrap().body, "7");
    assert_eq!(world.post(SUM).await.body, "3");
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_before_it_is_read() {
    let world = world().await;
    let mut raw = world.raw().await;
    let answer = raw.ask("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 1048577\r\n\r\n").await.unwrap();
    assert_eq!(answer.error(), (413, "malformed".into(), "not-done".into()));
    assert_eq!(answer.header("connection"), Some("close"));
    raw.ended().await;
    // Without saying how much it will be.
    let mut raw = world.raw().await;
    raw.send("POST /act HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..16 {
        raw.send(&chunk).await;
    }
    let answer = raw.ask("1\r\n \r\n").await.unwrap();
    assert_eq!(answer.status, 413);
    // As large as it may be.
    let most = format!("{}{}", " ".repeat(1024 * 1024 - SUM.len()), SUM);
    assert_eq!(world.post(&most).await.body, "3");
}

/// A client that is still writing would be reset, and could lose the answer, if the listener did not read on.
#[tokio::test]
async fn who_is_refused_may_send_the_rest_of_its_body() {
    let world = world().await;
    let body = vec![b' '; 16 * 1024 * 1024];
    let length = body.len();
    for (path, headers, status) in [
        ("/act", "", 413),
        ("/act", "expect: 100-continue\r\n", 413),
        ("/nowhere", "", 404),
        ("/health", "", 405),
    ] {
        let mut raw = world.raw().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n");
        raw.send(head).await;
        // The listener has said all that it will say; now comes the body.
        let answer = raw.answer().await.unwrap();
        assert_eq!(answer.error().0, status, "{path}");
        raw.ended().await;
        raw.send(&body).await;
    }
    assert_eq!(world.post(SUM).await.body, "3");
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let world = world().await;
    let mut raw = world.raw().await;
    let request = format!("POST /act HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let answer = raw.ask(request).await.expect("an answer");
    assert_eq!(answer.error(), (431, "malformed".into(), "not-done".into()));
    raw.ended().await;
    let many = (0..200).fold(String::new(), |all, n| all + &format!("x-{n}: 1\r\n"));
    let answer = world.raw().await.ask(format!("POST /act HTTP/1.1\r\n{many}\r\n")).await;
    assert_eq!(answer.expect("an answer").error(), (431, "malformed".into(), "not-done".into()));
    // Much more than is read before it is refused.
    let request = format!("POST /act HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    assert_eq!(world.raw().await.ask(request).await.expect("an answer").status, 431);
    assert_eq!(world.post(SUM).await.body, "3");
    // A link says that nothing ran.
    let link = world.link("http");
    let mut head = matchbus::transport::Head::default();
    head.context.insert("large".into(), "y".repeat(20_000).into());
    let error = link.call(SUM.as_bytes(), &head).await.unwrap_err();
    assert_eq!(error.outcome(), matchbus::Outcome::NotDone, "{error}");
    assert!(error.to_string().contains("16 KiB"), "{error}");
}

#[tokio::test]
async fn a_connection_too_many_is_told_so() {
    let world = listen_with("http://127.0.0.1:0?connections=2", &Exposed::All, |bus| bus).await;
    let (mut first, mut second) = (world.raw().await, world.raw().await);
    assert_eq!(first.post("/act", "", SUM).await.body, "3");
    assert_eq!(second.post("/act", "", SUM).await.body, "3");
    let mut third = world.raw().await;
    let answer = third.post("/act", "", SUM).await;
    assert_eq!(answer.error(), (503, "overloaded".into(), "not-done".into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    third.ended().await;
    drop(first);
    // The place is free once the listener has seen that.
    while world.raw().await.post("/act", "", SUM).await.status != 200 {}
}
