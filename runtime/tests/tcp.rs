//! TCP: real sockets on this machine, raw lines at one end or matchbus at both.
#![cfg(feature = "tcp")]

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport, Url};
use matchbus::{ErrorReply, Id, TraceParent};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

// ---- the services ----

#[derive(Default)]
struct Seen {
    runs: AtomicUsize,
    started: Notify,
    dropped: Notify,
    heard: Notify,
}

/// Lets the handlers that wait go on, one for each permit.
struct Gate(Semaphore);

#[derive(Debug, Serialize, Deserialize, AppError)]
enum StockError {
    #[app_error(code("out-of-stock"), status(409), retryable)]
    Out { sku: String },
}

impl std::fmt::Display for StockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StockError::Out { sku } = self;
        write!(f, "no {sku} left")
    }
}

impl std::error::Error for StockError {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "stock", cmd = "take", reply(u32), error(StockError))]
struct Take {
    sku: String,
    n: u32,
}

#[service(role = "stock", cmd = "take")]
fn take(msg: Take) -> Result<u32, StockError> {
    if msg.sku == "none" { Err(StockError::Out { sku: msg.sku }) } else { Ok(msg.n) }
}

#[service(role = "echo")]
fn echo(msg: Value) -> Value {
    msg
}

#[service(role = "meta")]
async fn meta(_: Value, meta: Meta) -> Value {
    json!({
        "id": meta.id().to_string(), "key": meta.idempotency_key(), "attempt": meta.attempt(),
        "budget": meta.budget().map(|left| u64::try_from(left.as_millis()).unwrap()), "source": meta.source(),
        "tenant": meta.context("tenant"), "trace": meta.traceparent().to_string().get(3..35),
    })
}

struct Dropped(State<Seen>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[service(role = "hang")]
async fn hang(_: Value, seen: State<Seen>) -> Value {
    seen.runs.fetch_add(1, Ordering::SeqCst);
    seen.started.notify_one();
    let _dropped = Dropped(seen);
    pending().await
}

#[service(role = "wait")]
async fn wait(msg: Value, seen: State<Seen>, gate: State<Gate>) -> Value {
    seen.started.notify_one();
    gate.0.acquire().await.unwrap().forget();
    msg
}

#[service(role = "secret")]
fn secret(_: Value) -> Value {
    json!("told")
}

#[derive(Message, Serialize, Deserialize)]
#[message(event = "happened")]
struct Happened {
    n: u32,
}

#[observer(event = "happened")]
async fn hear(_: Happened, seen: State<Seen>) {
    seen.heard.notify_one();
}

#[service(role = "log")]
async fn log(_: Value, seen: State<Seen>) -> Value {
    seen.heard.notify_one();
    Value::Null
}

struct Far {
    bus: Bus,
    listener: Listener,
    seen: Arc<Seen>,
    gate: Arc<Gate>,
}

impl Far {
    async fn listen(options: &str) -> Far {
        Far::at(&format!("tcp://127.0.0.1:0?{options}"), &Exposed::All).await
    }

    async fn at(url: &str, exposed: &Exposed) -> Far {
        let seen = Arc::new(Seen::default());
        let gate = Arc::new(Gate(Semaphore::new(0)));
        let bus = Bus::builder()
            .services(services![take, echo, meta, hang, wait, secret, hear, log])
            .shared_state(Arc::clone(&seen))
            .shared_state(Arc::clone(&gate))
            .start()
            .unwrap();
        let listener = bus.listen(&url.parse().unwrap(), exposed).await.unwrap();
        Far { bus, listener, seen, gate }
    }

    fn address(&self) -> String {
        self.listener.url().authority(0)
    }

    fn link(&self) -> Arc<dyn Link> {
        link(&format!("tcp://{}", self.address()))
    }

    async fn raw(&self) -> Raw {
        Raw::new(TcpStream::connect(self.address()).await.unwrap())
    }
}

fn link(url: &str) -> Arc<dyn Link> {
    Tcp::new().connect(&url.parse().unwrap()).unwrap()
}

fn head() -> Head {
    Head::default()
}

async fn call(link: &Arc<dyn Link>, message: Value) -> Result<Value, CallError<ErrorReply>> {
    let reply = link.call(message.to_string().as_bytes(), &head()).await?;
    Ok(serde_json::from_slice(&reply).unwrap())
}

/// One end of a connection, line by line.
struct Raw(BufReader<TcpStream>);

impl Raw {
    fn new(stream: TcpStream) -> Self {
        Raw(BufReader::new(stream))
    }

    async fn write(&mut self, text: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(text.as_ref()).await.unwrap();
    }

    /// The next frame; `None` at the end.
    async fn read(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await.unwrap_or(0);
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    async fn ask(&mut self, frame: Value) -> Value {
        self.write(format!("{frame}\n")).await;
        self.read().await.unwrap()
    }
}

#[allow(clippy::needless_pass_by_value)] // Callers make it on the spot.
fn act(id: &str, message: Value) -> Value {
    json!({"id": id, "kind": "act", "origin": "me/1", "sync": true, "act": message})
}

/// As [`act`], from a matchbus.
#[allow(clippy::needless_pass_by_value)]
fn act_of_ours(id: &str, message: Value) -> String {
    let frame = json!({"id": id, "kind": "act", "sync": true, "mb": {}, "act": message});
    format!("{frame}\n")
}

// ---- replies and errors ----

#[tokio::test]
async fn a_message_without_a_frame_is_told_how_to_be_sent() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let answer = raw.ask(json!({"id": "7", "role": "echo"})).await;
    assert_eq!(answer["id"], "7");
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(text.contains("no `kind`") && text.contains(r#""kind":"act""#), "{text}");
    // Another version's frames are still passed over, and the connection goes on.
    raw.write("{\"kind\":\"later\",\"id\":\"8\"}\n").await;
    assert_eq!(raw.ask(act("9", json!({"role": "echo"}))).await["res"], json!({"role": "echo"}));
}

#[tokio::test]
async fn a_reply_is_byte_for_byte_the_handler_s() {
    let far = Far::listen("").await;
    let link = far.link();
    for reply in
        [json!({"role": "echo", "text": "café \n \"q\"", "n": [1, null, 2.5]}), json!({"role": "echo"})]
    {
        assert_eq!(call(&link, reply.clone()).await.unwrap(), reply);
    }
    let pretty = b"{\n  \"role\": \"echo\"\r\n}";
    assert_eq!(link.call(pretty, &head()).await.unwrap(), br#"{"role":"echo"}"#);
}

#[tokio::test]
async fn the_service_s_own_error_comes_back_whole() {
    let far = Far::listen("").await;
    let message = json!({"role": "stock", "cmd": "take", "sku": "none", "n": 1});
    let error = call(&far.link(), message.clone()).await.unwrap_err();
    assert_eq!(error, far.bus.act(message).await.unwrap_err());
    let error = error.app().unwrap();
    assert_eq!((&*error.code, error.retryable, error.status), ("out-of-stock", true, 409));
    assert_eq!(error.message, "no none left");
    assert!(serde_json::from_value::<StockError>(error.details.clone()).is_ok());
}

#[tokio::test]
async fn the_bus_s_errors_come_back_whole() {
    let far = Far::listen("").await;
    for (message, code) in [
        (json!({"role": "stock", "cmd": "take", "sku": 7}), "invalid-message"),
        (json!({"role": "nobody"}), "no-handler"),
    ] {
        let there = call(&far.link(), message.clone()).await.unwrap_err();
        let here = far.bus.act(message).await.unwrap_err();
        let (there, here) = (there.bus().unwrap(), here.bus().unwrap());
        assert_eq!((there.code(), there.outcome()), (code, Outcome::NotDone));
        assert_eq!((there.path(), there.pattern()), (here.path(), here.pattern()));
        // The ids differ; nothing else does.
        let text = |error: &matchbus::Error| error.to_string().replace(error.message_id().unwrap(), "");
        assert_eq!(text(there), text(here));
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_by_the_router() {
    let far = Far::listen("").await;
    let link = far.link();
    for (bytes, code) in
        [(&br#"{"role":"echo","a":1,"a":2}"#[..], "malformed"), (b"[1]", "malformed"), (b"{", "malformed")]
    {
        let error = link.call(bytes, &head()).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.outcome()), (code, Outcome::NotDone));
    }
    let deep = format!("{{\"role\":\"echo\",\"x\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let error = link.call(deep.as_bytes(), &head()).await.unwrap_err();
    assert!(error.to_string().contains("nested deeper"), "{error}");
    let long = format!("{{\"role\":\"echo\",\"x\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let error = link.call(long.as_bytes(), &head()).await.unwrap_err();
    assert!(error.to_string().contains("longer than the 1048576 bytes"), "{error}");
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
}

#[tokio::test]
async fn what_goes_beside_a_message_arrives() {
    let far = Far::listen("").await;
    let mut head = head();
    head.id = Some(Id::from_u128(7 << 76 | 9));
    head.key = Some("order-9".into());
    head.attempt = 2;
    head.budget = Some(Duration::from_millis(1_500));
    head.trace = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    head.source = Some("shop".into());
    head.context.insert("tenant".into(), "acme".into());
    let reply = far.link().call(br#"{"role":"meta"}"#, &head).await.unwrap();
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply["id"], head.id.unwrap().to_string());
    assert_eq!((&reply["key"], &reply["attempt"]), (&json!("order-9"), &json!(2)));
    assert_eq!((&reply["source"], &reply["tenant"]), (&json!("shop"), &json!("acme")));
    assert_eq!(reply["trace"], "0af7651916cd43dd8448eb211c80319c");
    let budget = reply["budget"].as_u64().unwrap();
    assert!((1_000..=1_500).contains(&budget), "{budget}");
}

#[tokio::test]
async fn the_far_handler_is_cancelled_when_the_budget_is_gone() {
    let far = Far::listen("").await;
    let mut head = head();
    head.budget = Some(Duration::from_millis(20));
    let error = far.link().call(br#"{"role":"hang"}"#, &head).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::Unknown));
    far.seen.dropped.notified().await;
    head.budget = Some(Duration::ZERO);
    let error = far.link().call(br#"{"role":"hang"}"#, &head).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("deadline", Outcome::NotDone));
    assert_eq!(far.seen.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_what_is_exposed_is_reached() {
    let pins = Exposed::Pins(vec!["role:echo".parse().unwrap()]);
    let far = Far::at("tcp://127.0.0.1:0", &pins).await;
    let link = far.link();
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
    let error = call(&link, json!({"role": "secret"})).await.unwrap_err();
    assert!(error.bus().unwrap().is_no_handler());
    let catalogue = link.catalogue().await.unwrap().unwrap();
    let catalogue = String::from_utf8(catalogue).unwrap();
    assert!(catalogue.contains("role:echo") && !catalogue.contains("secret"), "{catalogue}");
}

#[tokio::test]
async fn what_is_sent_and_published_arrives_or_is_refused() {
    let far = Far::listen("").await;
    let link = far.link();
    link.send(br#"{"role":"log"}"#, &head()).await.unwrap();
    far.seen.heard.notified().await;
    let mut published = head();
    published.published = true;
    link.send(br#"{"event":"happened","n":1}"#, &published).await.unwrap();
    far.seen.heard.notified().await;
    // Whoever publishes waits for no reply, also if the frame does not say `send`.
    let mut raw = far.raw().await;
    let frame = json!({"id": "1", "kind": "act", "sync": true, "mb": {"published": true},
        "act": {"event": "happened", "n": 2}});
    assert_eq!(raw.ask(frame).await, json!({"id": "1", "kind": "res", "mb": {}, "res": null}));
    far.seen.heard.notified().await;
    let error = link.send(br#"{"role":"nobody"}"#, &head()).await.unwrap_err();
    assert!(error.is_no_handler());
    // The other side is taken for a Seneca: nothing is known but that the bytes left.
    let seneca = crate::link(&format!("seneca+tcp://{}", far.address()));
    seneca.send(br#"{"role":"nobody"}"#, &head()).await.unwrap();
    seneca.send(br#"{"role":"log"}"#, &head()).await.unwrap();
    far.seen.heard.notified().await;
    assert!(seneca.catalogue().await.unwrap().is_none());
}

// ---- many at once ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_share_a_connection() {
    let far = Far::listen("").await;
    let link = far.link();
    let calls: Vec<_> = (0..1_000)
        .map(|n| {
            let link = Arc::clone(&link);
            tokio::spawn(async move { call(&link, json!({"role": "wait", "n": n})).await })
        })
        .collect();
    // None of them is answered yet, and others go past them.
    for _ in 0..1_000 {
        far.seen.started.notified().await;
        if far.bus.flows().of("role:wait").in_flight() == 1_000 {
            break;
        }
    }
    assert!(call(&link, json!({"role": "echo"})).await.is_ok());
    far.gate.0.add_permits(1_000);
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["n"], n);
    }
}

#[tokio::test]
async fn at_the_bound_of_one_connection_its_reader_stops() {
    let far = Far::listen("max_in_flight=2").await;
    let mut raw = far.raw().await;
    for n in 0..3 {
        raw.write(format!("{}\n", act(&n.to_string(), json!({"role": "wait", "n": n})))).await;
    }
    raw.write(format!("{}\n", act("e", json!({"role": "echo"})))).await;
    far.seen.started.notified().await;
    // Another connection is not concerned.
    assert!(call(&far.link(), json!({"role": "echo"})).await.is_ok());
    assert_eq!(far.bus.flows().of("role:wait").in_flight(), 2);
    far.gate.0.add_permits(3);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(raw.read().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    assert_eq!(ids, ["0", "1", "2", "e"]);
}

// ---- lines ----

#[tokio::test]
async fn frames_do_not_depend_on_packets() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let both =
        format!("{}\n\r\n{}\r\n", act("1", json!({"role": "echo"})), act("2", json!({"role": "echo"})));
    for byte in both.as_bytes() {
        raw.write([*byte]).await;
    }
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert_eq!(raw.read().await.unwrap()["id"], "2");
    raw.write(&both).await;
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert_eq!(raw.read().await.unwrap()["id"], "2");
}

#[tokio::test]
async fn a_bad_line_is_answered_and_the_next_one_too() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let long = format!("{{\"id\":\"long\",\"kind\":\"act\",\"act\":\"{}\"}}", "x".repeat(2 << 20));
    for (line, id) in [
        (&b"hello"[..], Value::Null),
        (b"[]", Value::Null),
        (b"\xff\xfe", Value::Null),
        (b"{\"id\":\"cut\",\"kind\":\"act\",", json!("cut")),
        (b"{\"id\":\"n\",\"kind\":\"act\",\"sync\":true}", json!("n")),
        (b"{\"id\":\"s\",\"kind\":\"act\",\"sync\":true,\"act\":\"text\"}", json!("s")),
        (b"{\"id\":\"t\",\"kind\":\"act\",\"sync\":true,\"act\":{\"a\":1,\"a\":2}}", json!("t")),
        (long.as_bytes(), json!("long")),
    ] {
        raw.write(line).await;
        raw.write(b"\n").await;
        let answer = raw.read().await.unwrap();
        assert_eq!((&answer["id"], &answer["res"]), (&id, &Value::Null), "{answer}");
        assert_eq!(answer["error"]["code"], "invalid_json", "{answer}");
        assert_eq!(raw.ask(act("ok", json!({"role": "echo"}))).await["res"]["role"], "echo");
    }
    // Of later kinds nothing is known, so nothing is said.
    raw.write("{\"id\":\"x\",\"kind\":\"later\"}\n").await;
    assert_eq!(raw.ask(act("ok", json!({"role": "echo"}))).await["id"], "ok");
}

#[tokio::test]
async fn a_seneca_s_frame_is_answered_as_a_seneca_would() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    let answer = raw.ask(act("a/b", json!({"role": "stock", "cmd": "take", "sku": "x", "n": 3}))).await;
    assert_eq!(
        (&answer["id"], &answer["kind"], &answer["origin"]),
        (&json!("a/b"), &json!("res"), &json!("me/1"))
    );
    assert_eq!((&answer["sync"], &answer["res"], answer.get("mb")), (&json!(true), &json!(3), None));
    let answer = raw.ask(act("a/c", json!({"role": "nobody"}))).await;
    assert_eq!(answer["error"]["code"], "act_not_found");
    assert_eq!((&answer["error"]["seneca"], answer.get("mb")), (&json!(true), None));
    // Directives: one gives the answer, most do nothing, and none reaches the handler.
    let answer = raw.ask(act("a/d", json!({"role": "nobody", "default$": {"d": 1}}))).await;
    assert_eq!(answer["res"], json!({"d": 1}));
    let answer = raw.ask(act("a/e", json!({"role": "echo", "fatal$": true, "custom$": {}}))).await;
    assert_eq!(answer["res"], json!({"role": "echo"}));
    let message = json!({"role": "meta", "custom$": {"tenant": "acme"}, "timeout$": 900_000});
    let answer = raw.ask(act("nzm8zcb3egi3/fykd6obk5ss3", message)).await;
    assert_eq!((&answer["res"]["tenant"], &answer["res"]["source"]), (&json!("acme"), &json!("me/1")));
    assert_eq!(answer["res"]["key"], "nzm8zcb3egi3/fykd6obk5ss3");
    assert!(answer["res"]["budget"].as_u64().unwrap() <= 5_000);
}

#[tokio::test]
async fn who_wants_no_answer_gets_none() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    for message in [json!({"role": "log"}), json!({"role": "nobody"})] {
        let mut frame = act("quiet", message);
        frame["sync"] = json!(false);
        raw.write(format!("{frame}\n")).await;
    }
    far.seen.heard.notified().await;
    assert_eq!(raw.ask(act("next", json!({"role": "echo"}))).await["id"], "next");
}

#[tokio::test]
async fn a_peer_that_closes_its_sending_side_still_gets_its_answers() {
    let far = Far::listen("").await;
    let mut raw = far.raw().await;
    raw.write(format!("{}\n", act("1", json!({"role": "wait"})))).await;
    raw.0.get_mut().shutdown().await.unwrap();
    far.seen.started.notified().await;
    far.gate.0.add_permits(1);
    assert_eq!(raw.read().await.unwrap()["id"], "1");
    assert!(raw.read().await.is_none());
}

// ---- going away ----

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

// ---- bounds ----

#[tokio::test]
async fn who_begins_a_line_must_end_it() {
    let far = Far::listen("line_timeout=50ms").await;
    let (mut slow, mut good) = (far.raw().await, far.raw().await);
    assert_eq!(good.ask(act("0", json!({"role": "echo"}))).await["id"], "0");
    slow.write("{\"id\":").await;
    let answer = slow.read().await.unwrap();
    assert!(answer["error"]["message"].as_str().unwrap().contains("not completed within 50ms"), "{answer}");
    assert!(slow.read().await.is_none());
    assert_eq!(good.ask(act("1", json!({"role": "echo"}))).await["id"], "1");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_that_waits_is_not() {
    let far = Far::listen("idle_timeout=50ms").await;
    let (mut idle, mut waits) = (far.raw().await, far.raw().await);
    waits.write(act_of_ours("1", json!({"role": "wait"}))).await;
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
