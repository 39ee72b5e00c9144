//! Plain JSON, as curl sends it; the pages; odd requests.

use std::sync::atomic::Ordering;
use std::time::Duration;

use matchbus::Outcome;
use matchbus::transport::Exposed;
use serde_json::json;

use super::kit::{self, Raw, listen_with, world};

const SUM: &str = r#"{"role":"math","cmd":"sum","left":1,"right":2}"#;

#[tokio::test]
async fn a_message_is_answered_whatever_its_content_type() {
    let world = world().await;
    let mut raw = world.raw().await;
    for (path, headers) in [
        ("/act", ""),
        ("/", ""),
        ("/act", "content-type: application/x-www-form-urlencoded\r\n"),
        ("/act", "content-type: text/plain\r\n"),
    ] {
        let answer = raw.post(path, headers, SUM).await;
        assert_eq!((answer.status, &*answer.body), (200, "3"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("matchbus-outcome"), Some("done"));
    }
    let echoed = raw.post("/act", "", r#"{"role":"echo","txt":"café \n \"q\"","price$":1}"#).await;
    assert_eq!(echoed.json(), json!({"role": "echo", "txt": "café \n \"q\"", "price$": 1}));
}

#[tokio::test]
async fn a_packed_body_is_refused_by_its_header() {
    let world = world().await;
    let answer = world.raw().await.post("/act", "content-encoding: gzip\r\n", SUM).await;
    assert_eq!(answer.error(), (415, "malformed".into(), "not-done".into()));
    assert_eq!(answer.header("accept-encoding"), Some("identity"));
    assert!(answer.body.contains("Content-Encoding"), "{}", answer.body);
    let answer = world.raw().await.post("/act", "content-encoding: Identity\r\n", SUM).await;
    assert_eq!((answer.status, &*answer.body), (200, "3"));
}

#[tokio::test]
async fn one_connection_serves_many_requests_also_pipelined() {
    let world = world().await;
    let mut raw = world.raw().await;
    let one = format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{SUM}", SUM.len());
    raw.send(one.repeat(20)).await;
    for _ in 0..20 {
        assert_eq!(raw.answer().await.unwrap().body, "3");
    }
    let chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let (first, second) = SUM.split_at(7);
    let chunks = format!("7\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", second.len());
    assert_eq!(raw.ask(format!("{chunked}{chunks}")).await.unwrap().body, "3");
}

#[tokio::test]
async fn errors_say_whose_they_are_and_what_is_known() {
    let world = world().await;
    let error = world.post(r#"{"role":"stock","cmd":"take","sku":"s1"}"#).await;
    assert_eq!(error.error(), (409, "out-of-stock".into(), "done".into()));
    assert_eq!(error.header("matchbus-error"), Some("service"));
    let body = &error.json()["error"];
    assert_eq!((&body["message"], &body["retryable"]), (&json!("no `s1` left"), &json!(true)));
    assert_eq!(body["details"], json!({"OutOfStock": {"sku": "s1"}}));

    let error = world.post(r#"{"role":"nobody"}"#).await;
    assert_eq!(error.error(), (404, "no-handler".into(), "not-done".into()));
    assert_eq!(error.header("matchbus-error"), Some("bus"));

    let error = world.post(r#"{"role":"event"}"#).await;
    assert_eq!(error.error(), (404, "no-handler".into(), "not-done".into()));
    let cure = "1 group of observers hears it, so publish it: `call --publish`, over HTTP the header `matchbus-published: true`";
    assert!(error.body.contains(cure), "{}", error.body);

    let error = world.post(r#"{"role":"math","cmd":"sum","left":1,"right":"x"}"#).await;
    assert_eq!(error.error(), (400, "invalid-message".into(), "not-done".into()));
    let body = &error.json()["error"];
    assert_eq!((&body["path"], &body["pattern"]), (&json!("$.right"), &json!("cmd:sum,role:math")));
    assert!(body["id"].as_str().unwrap().len() == 36 && !error.body.contains(".rs"), "{}", error.body);

    let error = world.post(r#"{"role":"panic"}"#).await;
    assert_eq!(error.error(), (500, "panic".into(), "done".into()));
}

#[tokio::test]
async fn what_is_beside_the_message_reaches_the_handler() {
    let world = world().await;
    let headers = "matchbus-id: 01234567-89ab-7def-8123-456789abcdef\r\n\
        Idempotency-Key: pay%207\r\n\
        matchbus-attempt: 2\r\n\
        matchbus-budget: 900\r\n\
        matchbus-source: cart/1\r\n\
        traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
        matchbus-context-tenant: Gr%c3%b6%c3%9fe\r\n";
    let meta = world.raw().await.post("/act", headers, r#"{"role":"meta"}"#).await.json();
    assert_eq!(meta["id"], "01234567-89ab-7def-8123-456789abcdef");
    assert_eq!((&meta["key"], &meta["attempt"]), (&json!("pay 7"), &json!(2)));
    assert!(meta["budget"].as_u64().unwrap() <= 900, "{meta}");
    assert_eq!((&meta["source"], &meta["context"]), (&json!("cart/1"), &json!({"tenant": "Größe"})));
    assert_eq!(meta["trace"], "0af7651916cd43dd8448eb211c80319c");

    let error = world.raw().await.post("/act", "matchbus-id: 7\r\n", r#"{"role":"meta"}"#).await;
    assert_eq!(error.error(), (400, "usage".into(), "not-done".into()));
    let error = world.raw().await.post("/act", "matchbus-budget: 0\r\n", r#"{"role":"meta"}"#).await;
    assert_eq!(error.error(), (504, "deadline".into(), "not-done".into()));
}

#[tokio::test]
async fn no_message_gets_more_time_than_the_listener_allows() {
    let world = listen_with("http://127.0.0.1:0?max_budget_ms=700", &Exposed::All, |bus| bus).await;
    let meta =
        world.raw().await.post("/act", "matchbus-budget: 3600000\r\n", r#"{"role":"meta"}"#).await.json();
    assert!(meta["budget"].as_u64().unwrap() <= 700, "{meta}");
}

#[tokio::test]
async fn who_does_not_wait_is_told_that_it_was_taken_in() {
    let world = world().await;
    let answer =
        world.raw().await.post("/act", "prefer: respond-async, wait=10\r\n", r#"{"role":"log"}"#).await;
    assert_eq!((answer.status, &*answer.body), (202, ""));
    world.seen.heard.notified().await;
    let answer = world.raw().await.post("/act", "matchbus-published: true\r\n", r#"{"role":"event"}"#).await;
    assert_eq!(answer.status, 202);
    world.seen.heard.notified().await;
    assert_eq!(world.seen.count.load(Ordering::SeqCst), 11);
    let error = world.raw().await.post("/act", "prefer: respond-async\r\n", r#"{"role":"nobody"}"#).await;
    assert_eq!(error.error(), (404, "no-handler".into(), "not-done".into()));
}

#[tokio::test]
async fn odd_requests_are_told_what_is_wrong_and_the_next_is_answered() {
    let world = world().await;
    let mut raw = world.raw().await;
    for (request, status, allow) in [
        ("GET /act", 405, Some("POST")),
        ("GET /act?role=math&cmd=sum", 405, Some("POST")),
        ("PUT /", 405, Some("POST")),
        ("DELETE /act", 405, Some("POST")),
        ("POST /health", 405, Some("GET, HEAD")),
        ("GET /nothing", 404, None),
        ("POST /act/more", 404, None),
        ("OPTIONS /act", 405, Some("POST")),
    ] {
        let answer =
            raw.ask(format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")).await.unwrap();
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{request}");
        assert_eq!(answer.error().1, "usage", "{request}");
    }
    for (body, says) in [
        ("", "curl -d"),
        ("null", "object"),
        ("[1,2]", "object"),
        ("role:math", ""),
        (r#"{"role":"math""#, ""),
        (r#"{"role":"a","role":"b"}"#, "twice"),
        ("\u{feff}{}", ""),
        (r#"{"n":1e999}"#, ""),
    ] {
        // What was refused without being read closes its connection; everything here was read.
        let answer = raw.post("/act", "", body).await;
        let (status, code, outcome) = answer.error();
        assert_eq!((status, &*code, &*outcome), (400, "malformed", "not-done"), "{body}");
        assert!(answer.body.contains(says), "{body}: {}", answer.body);
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(raw.post("/act", "", &deep).await.error().1, "malformed");
    let error = raw.post("/act?role=math", "", SUM).await;
    assert_eq!((error.status, error.header("connection")), (400, Some("close")));
    raw.ended().await;
    // Bytes that are no HTTP at all.
    for bytes in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"{\"role\":\"math\"}\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"garbage\r\n\r\n",
        b"GET /health HTTP/3.0\r\nhost: x\r\n\r\n",
    ] {
        let mut raw = world.raw().await;
        let answer = raw.ask(bytes).await.unwrap_or_else(|| panic!("no answer to {bytes:?}"));
        assert_eq!(answer.status, 400);
        // What comes on a connection of HTTP/2 is told by hyper.
        if !bytes.starts_with(b"PRI") {
            assert_eq!(answer.error(), (400, "malformed".into(), "not-done".into()));
        }
        raw.ended().await;
        // Also after a request that was answered.
        let mut raw = world.raw().await;
        assert_eq!(raw.post("/act", "", SUM).await.body, "3");
        assert_eq!(raw.ask(bytes).await.expect("an answer").status, 400);
        raw.ended().await;
        // And at once behind one.
        let mut raw = world.raw().await;
        let good = format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{SUM}", SUM.len());
        let first = raw.ask([good.as_bytes(), bytes].concat()).await.expect("a reply");
        assert_eq!((first.status, &*first.body), (200, "3"));
        assert_eq!(raw.answer().await.expect("an answer").status, 400);
        raw.ended().await;
    }
    // A body shorter than promised, then gone.
    let mut raw = world.raw().await;
    raw.send("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await;
    drop(raw);
    assert_eq!(world.post(SUM).await.body, "3");
}

#[tokio::test]
async fn only_what_is_exposed_can_be_reached() {
    let pins = Exposed::Pins(vec!["role:echo".parse().unwrap()]);
    let world = listen_with("http://127.0.0.1:0", &pins, |bus| bus).await;
    assert_eq!(world.post(r#"{"role":"echo"}"#).await.status, 200);
    for body in [SUM, r#"{"role":"math","cmd":"sum","left":1,"right":2,"pin":"role:echo"}"#] {
        assert_eq!(world.post(body).await.error().0, 404);
    }
    let catalogue = world.get("/catalogue").await;
    assert!(
        catalogue.body.contains("role:echo") && !catalogue.body.contains("role:math"),
        "{}",
        catalogue.body
    );
    // With HTTP's own disguises.
    let headers = "x-http-method-override: GET\r\nx-original-url: /admin\r\nseneca-id: a/b\r\n";
    assert_eq!(world.raw().await.post("/act", headers, SUM).await.status, 500);
    assert_eq!(world.bus.flows().of("cmd:sum,role:math").started, 0);
}

#[tokio::test]
async fn the_pages_tell_how_it_goes() {
    let world = world().await;
    assert_eq!(world.post(SUM).await.body, "3");
    world.post(r#"{"role":"stock","cmd":"take","sku":"s"}"#).await;
    world.post(r#"{"role":"nobody"}"#).await;
    assert_eq!(world.get("/health").await.json(), json!({"status": "alive"}));
    assert_eq!(world.get("/ready").await.json(), json!({"status": "ready"}));
    let catalogue = world.get("/catalogue").await.json();
    assert!(catalogue.to_string().contains("cmd:sum,role:math"), "{catalogue}");
    let metrics = world.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let labels = r#"pattern="cmd:sum,role:math",service="kit",handler="sum""#;
    for line in [
        format!("matchbus_messages_total{{{labels}}} 1"),
        format!("matchbus_ended_total{{{labels},outcome=\"replied\"}} 1"),
        format!("matchbus_ended_total{{{labels},outcome=\"unknown\"}} 0"),
        format!("matchbus_in_flight{{{labels}}} 0"),
        "matchbus_unrouted_total 1".into(),
        "matchbus_ready 1".into(),
        "# TYPE matchbus_messages_total counter".into(),
    ] {
        assert!(metrics.body.lines().any(|have| have == line), "{line} is not in\n{}", metrics.body);
    }
    check_exposition(&metrics.body);
    let head = world.raw().await.ask("HEAD /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // `answer` waits for as many bytes as the head says, and there are none: only look at the start.
    assert!(head.is_none_or(|head| head.status == 200));
}

/// Every line is a comment or `name{labels} number`, every family is announced once before its samples.
fn check_exposition(text: &str) {
    let mut announced = Vec::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(matches!(kind, "counter" | "gauge") && !announced.contains(&name), "{line}");
            announced.push(name);
        } else if !line.starts_with("# HELP ") {
            let (series, number) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert!(announced.contains(&name) && number.parse::<u64>().is_ok(), "{line}");
        }
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_answered_or_listed() {
    let world = listen_with("http://s3cret-t0ken@127.0.0.1:0", &Exposed::All, |bus| bus).await;
    assert!(!format!("{:?} {}", world.listener, world.listener.url()).contains("s3cret"));
    for headers in ["", "authorization: Bearer wrong\r\n", "authorization: Basic s3cret-t0ken\r\n"] {
        let answer = world.raw().await.post("/act", headers, SUM).await;
        assert_eq!(answer.error(), (401, "refused".into(), "not-done".into()));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    for more in ["wrong", "s3cret-t0ken"] {
        let headers = format!("authorization: Bearer s3cret-t0ken\r\nauthorization: Bearer {more}\r\n");
        assert_eq!(world.raw().await.post("/act", &headers, SUM).await.status, 401, "two headers");
    }
    assert_eq!(world.get("/catalogue").await.status, 401);
    assert_eq!(world.get("/health").await.status, 200);
    assert_eq!(world.get("/metrics").await.status, 200);
    let answer = world.raw().await.post("/act", "authorization: Bearer s3cret-t0ken\r\n", SUM).await;
    assert_eq!(answer.body, "3");
    assert_eq!(world.bus.flows().of("cmd:sum,role:math").started, 1);
    let head = matchbus::transport::Head::default();
    let link = kit::link(&format!("http://s3cret-t0ken@{}", world.address()));
    assert!(!format!("{link:?}").contains("s3cret"));
    assert_eq!(link.call(SUM.as_bytes(), &head).await.unwrap(), b"3");
    assert!(link.catalogue().await.unwrap().is_some());
    let error = world.link("http").call(SUM.as_bytes(), &head).await.unwrap_err();
    assert_eq!((error.outcome(), error.code().as_str()), (Outcome::NotDone, "refused"));
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_handler() {
    let world = world().await;
    let mut raw = world.raw().await;
    let body = r#"{"role":"hang"}"#;
    raw.send(format!("POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
    world.started(1).await;
    drop(raw);
    world.seen.dropped.acquire().await.unwrap().forget();
    assert_eq!(world.bus.flows().of("role:hang").unknown, 1);
}

#[tokio::test]
async fn a_thousand_requests_at_once_are_each_answered() {
    // The first one waits for the last one to come, which takes its time on a busy machine.
    let patient = |bus: matchbus::bus::Builder| bus.timeout(Duration::from_mins(1));
    let world = listen_with("http://127.0.0.1:0", &Exposed::All, patient).await;
    let address = world.address();
    let all: Vec<_> = (0..1000)
        .map(|n| {
            let address = address.clone();
            tokio::spawn(async move {
                let body = format!(r#"{{"role":"gate","n":{n}}}"#);
                Raw::connect(&address).await.post("/act", "", &body).await.json() == n
            })
        })
        .collect();
    world.started(1000).await;
    assert_eq!(world.bus.flows().in_flight(), 1000);
    world.seen.open.add_permits(1000);
    for one in all {
        assert!(one.await.unwrap());
    }
}

#[tokio::test]
async fn http_2_is_served_on_the_same_port_and_cancels_one_stream_alone() {
    use http_body_util::{BodyExt, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let world = world().await;
    let stream = tokio::net::TcpStream::connect(world.address()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let post = |body: &str| {
        let request = hyper::Request::post(format!("http://{}/act", world.address()))
            .body(Full::new(hyper::body::Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        let mut sender = sender.clone();
        async move { sender.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes() }
    };
    let hangs = tokio::spawn(post(r#"{"role":"hang"}"#));
    world.started(1).await;
    let sums: Vec<_> = (0..50).map(|_| tokio::spawn(post(SUM))).collect();
    for sum in sums {
        assert_eq!(sum.await.unwrap(), "3");
    }
    let large = format!(r#"{{"role":"large","bytes":{}}}"#, 300_000);
    assert_eq!(post(&large).await.len(), 300_002);
    hangs.abort();
    world.seen.dropped.acquire().await.unwrap().forget();
    assert_eq!(post(SUM).await, "3");
}

#[tokio::test]
async fn addresses_with_mistakes_are_refused_with_the_cure() {
    let (bus, _) = kit::bus(|bus| bus);
    for (url, says) in [
        ("http://127.0.0.1:0/api", "service"),
        ("http://127.0.0.1:0?conections=3", "conections"),
        ("http://127.0.0.1:0?connections=0", "at least 1"),
        ("http://127.0.0.1:0?max_connections=0", "at least 1"),
        ("http://127.0.0.1:0?idle_timeout=0s", "at least 1"),
        ("http://127.0.0.1:0?idle_timeout=300", "such as 250ms"),
        ("http://127.0.0.1:0?idle_timeout=1s&idle_ms=1000", "mean the same"),
        ("http://127.0.0.1:0?max_connections=1&max_connections=2", "twice"),
        ("http://127.0.0.1:0?connections=many", "many"),
        ("http://127.0.0.1:0?seneca_errors=404", "299"),
        ("http://127.0.0.1:0?token_env=MATCHBUS_TEST_NOT_SET", "MATCHBUS_TEST_NOT_SET"),
    ] {
        let error = bus.listen(&url.parse().unwrap(), &Exposed::All).await.unwrap_err();
        assert!(error.to_string().contains(says), "{url}: {error}");
        assert_eq!(error.code(), "usage");
    }
    let world = world().await;
    let error = bus.listen(world.listener.url(), &Exposed::All).await.unwrap_err();
    assert_eq!(error.code(), "start", "{error}");
}
