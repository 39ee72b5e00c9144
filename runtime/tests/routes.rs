//! The route table over real TCP: who is asked, and who gets a copy.
#![cfg(all(feature = "tcp", feature = "routes"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchbus::bus::Route;
use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Listener, Url};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

struct Seen {
    name: &'static str,
    calls: AtomicUsize,
    heard: Semaphore,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "who", reply(String))]
struct Who {
    cmd: Option<String>,
}

/// Says which process this is.
#[service(role = "who")]
fn who(_: Who, seen: State<Seen>) -> String {
    seen.calls.fetch_add(1, Ordering::SeqCst);
    seen.name.to_owned()
}

#[derive(Message, Serialize, Deserialize)]
#[message(event = "happened")]
struct Happened {
    n: u32,
}

mod mail {
    use super::{Happened, Seen, State};
    #[matchbus::observer(event = "happened")]
    pub(crate) fn mail(_: Happened, seen: State<Seen>) {
        seen.heard.add_permits(1);
    }
}

mod audit {
    use super::{Happened, Seen, State};
    #[matchbus::observer(event = "happened")]
    pub(crate) fn audit(_: Happened, seen: State<Seen>) {
        seen.heard.add_permits(1);
    }
}

struct Process {
    bus: Bus,
    seen: Arc<Seen>,
    listener: Listener,
}

async fn process(name: &'static str) -> Process {
    let seen = Arc::new(Seen { name, calls: AtomicUsize::new(0), heard: Semaphore::new(0) });
    let bus =
        Bus::builder().services(services![who, mail::mail, audit::audit]).shared_state(Arc::clone(&seen));
    let bus = bus.start().unwrap();
    let listener = bus.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    Process { bus, seen, listener }
}

impl Process {
    fn url(&self) -> Url {
        self.listener.url().clone()
    }

    async fn heard(&self, n: u32) {
        self.seen.heard.acquire_many(n).await.unwrap().forget();
    }

    /// Nothing more than what was waited for.
    async fn heard_no_more(&self) {
        self.bus.settled().await;
        assert_eq!(self.seen.heard.available_permits(), 0, "{}", self.seen.name);
    }
}

fn pin(text: &str) -> matchbus::pattern::Pattern {
    text.parse().unwrap()
}

async fn name(bus: &Bus, cmd: Option<&str>) -> String {
    bus.call(Who { cmd: cmd.map(str::to_owned) }).await.unwrap()
}

#[tokio::test]
async fn a_consume_route_needs_no_catalogue_and_uses_each_of_its_addresses() {
    let (a, b) = (process("a").await, process("b").await);
    let bus = Bus::builder().route(Route::consume(pin("role:who"), [a.url(), b.url()])).start().unwrap();
    for _ in 0..10 {
        let one = name(&bus, None).await;
        assert!(one == "a" || one == "b");
    }
    assert!(a.seen.calls.load(Ordering::SeqCst) > 0 && b.seen.calls.load(Ordering::SeqCst) > 0);
    // What no route matches goes nowhere.
    assert_eq!(bus.act(json!({"role":"other"})).await.unwrap_err().code(), "no-handler");
}

#[tokio::test]
async fn a_route_restricts_what_the_catalogues_say_and_the_most_keys_win() {
    let (a, b) = (process("a").await, process("b").await);
    let bus = Bus::builder()
        .route(Route::consume(pin("role:who"), [b.url()]))
        .route(Route::consume(pin("role:who,cmd:x*"), [a.url()]))
        .start()
        .unwrap();
    bus.connect(&a.url()).await.unwrap();
    bus.connect(&b.url()).await.unwrap();
    for _ in 0..10 {
        assert_eq!(name(&bus, None).await, "b");
        assert_eq!(name(&bus, Some("x1")).await, "a");
        assert_eq!(name(&bus, Some("y")).await, "b");
    }
    assert_eq!(bus.act(json!({"role":"who"})).await.unwrap(), "b");
}

#[tokio::test]
async fn handlers_here_win_unless_the_route_skips_them() {
    let far = process("far").await;
    let here = |route: Route| {
        let seen = Arc::new(Seen { name: "here", calls: AtomicUsize::new(0), heard: Semaphore::new(0) });
        Bus::builder().services(services![who]).shared_state(seen).route(route).start().unwrap()
    };
    let bus = here(Route::consume(pin("role:who"), [far.url()]));
    assert_eq!(name(&bus, None).await, "here");
    assert_eq!(bus.act(json!({"role":"who"})).await.unwrap(), "here");
    let bus = here(Route::consume(pin("role:who,cmd:far"), [far.url()]).skip_local());
    assert_eq!(name(&bus, Some("far")).await, "far");
    assert_eq!(bus.act(json!({"role":"who","cmd":"far"})).await.unwrap(), "far");
    assert_eq!(name(&bus, None).await, "here");
    bus.send(Who { cmd: Some("far".into()) }).await.unwrap();
    far.bus.settled().await;
    // What comes from outside is answered here and not sent on.
    let listener = bus.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    let caller = Bus::builder().in_part().start().unwrap();
    caller.connect(listener.url()).await.unwrap();
    assert_eq!(name(&caller, Some("far")).await, "here");
    // Nothing falls back to the handlers here.
    far.bus.shutdown().await;
    drop(far);
    // It is waited for until the deadline, so that is near.
    let bus = bus.timeout(Duration::from_millis(200));
    let error = bus.call(Who { cmd: Some("far".into()) }).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
}

#[tokio::test]
async fn an_observe_route_gives_each_address_a_copy_for_all_its_groups() {
    let (a, b) = (process("a").await, process("b").await);
    let route = Route::observe(pin("event:*"), [a.url(), b.url()]);
    let bus = Bus::builder().route(route).start().unwrap();
    assert_eq!(bus.publish(Happened { n: 1 }).await.unwrap().groups, 2);
    for process in [&a, &b] {
        process.heard(2).await;
        process.heard_no_more().await;
    }
    // It answers no calls.
    assert_eq!(bus.act(json!({"event":"happened","n":1})).await.unwrap_err().code(), "no-handler");
}

#[tokio::test]
async fn a_group_gets_no_second_copy_where_a_route_gave_it_one() {
    let (a, b) = (process("a").await, process("b").await);
    let bus = Bus::builder().route(Route::observe(pin("event:happened"), [a.url()])).start().unwrap();
    bus.connect(&a.url()).await.unwrap();
    bus.connect(&b.url()).await.unwrap();
    bus.publish(Happened { n: 1 }).await.unwrap();
    a.heard(2).await;
    a.heard_no_more().await;
    b.heard_no_more().await;
}

/// A peer that answers acts as a Seneca does and knows no other frame.
async fn seneca() -> Url {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("seneca+tcp://{}", socket.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let frame: Json = serde_json::from_str(&line).unwrap();
                assert_eq!(frame["kind"], "act", "a Seneca was asked for something else");
                let answer = json!({"id": frame["id"], "kind": "res", "sync": true, "res": "seneca"});
                writer.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
            }
        }
    });
    url
}

#[tokio::test]
async fn a_table_from_a_file_reaches_a_peer_without_a_catalogue() {
    let (seneca, a) = (seneca().await, process("a").await);
    let path = std::env::temp_dir().join(format!("matchbus-routes-{}.toml", std::process::id()));
    let table = format!(
        "[[route]]\npin = \"role:who\"\nto = \"{seneca}\"\n\n[[route]]\npin = \"role:who,cmd:a\"\nto = [\"{}\"]\n",
        a.url()
    );
    std::fs::write(&path, table).unwrap();
    let routes = Route::read_file(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let bus = Bus::builder().routes(routes).start().unwrap();
    assert_eq!(name(&bus, None).await, "seneca");
    assert_eq!(name(&bus, Some("a")).await, "a");
    let error = Route::read_file(&path).unwrap_err().to_string();
    assert!(error.contains("cannot be read") && error.contains("[[route]]"), "{error}");
}

#[tokio::test]
async fn a_route_that_leads_nowhere_is_refused_at_start() {
    for (route, why) in [
        (Route::consume(pin("a:1"), []), "it has no address"),
        (Route::consume(pin("a:1"), ["xyz://h".parse().unwrap()]), "no transport is for `xyz://h`"),
        (Route::consume(pin("a:1"), ["tcp://h?x=1".parse().unwrap()]), "there is no option `x`"),
        (
            Route::observe(pin("a:1"), ["tcp://h".parse().unwrap()]).skip_local(),
            "an observe route adds copies",
        ),
    ] {
        let error = Bus::builder().route(route).start().unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("a:1"), "{error}");
    }
}
