//! A listener that exposes one pattern, and messages that try to reach others (rule M8), over HTTP and TCP, in every form
//! that a listener takes.
#![cfg(all(feature = "http", feature = "tcp"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Listener};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Default)]
struct Ran(AtomicUsize);

#[service(role = "open")]
fn open(_: Value) -> Value {
    "open".into()
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "vault", cmd = "burst", reply(Value), external)]
struct Burst {}

/// Exposed, and calls what is not.
#[service(role = "open", way = "nested")]
async fn nested(_: Value, burst: Call<Burst>) -> Result<Value, matchbus::Error> {
    Ok(burst.call(Burst {}).await?)
}

/// Exposed, and panics with what nobody should know.
#[service(role = "open", way = "panic")]
fn panics(_: Value) -> Value {
    panic!("hidden: the vault's password")
}

#[service(role = "vault", cmd = "burst")]
fn burst(_: Value) -> Value {
    panic!("hidden: the vault is empty")
}

#[service(role = "vault", cmd = "read")]
fn vault(_: Value, ran: State<Ran>) -> Value {
    ran.0.fetch_add(1, Ordering::SeqCst);
    "hidden".into()
}

/// More keys than what is exposed, and not exposed itself.
#[service(admin = true, level = "all", rank(1))]
fn admin(_: Value, ran: State<Ran>) -> Value {
    ran.0.fetch_add(1, Ordering::SeqCst);
    "hidden".into()
}

#[observer(role = "vault", event = "opened")]
fn hear(_: Value, ran: State<Ran>) {
    ran.0.fetch_add(1, Ordering::SeqCst);
}

async fn world(url: &str) -> (Bus, Arc<Ran>, Listener) {
    let ran = Arc::new(Ran::default());
    let bus = Bus::builder()
        .services(services![open, nested, panics, burst, vault, admin, hear])
        .shared_state(Arc::clone(&ran));
    let bus = bus.start().unwrap();
    let exposed = Exposed::Pins(vec!["role:open".parse().unwrap()]);
    let listener = bus.listen(&url.parse().unwrap(), &exposed).await.unwrap();
    (bus, ran, listener)
}

/// Messages that nobody here may answer.
const BODIES: &[&str] = &[
    r#"{"role":"vault","cmd":"read"}"#,
    r#"{"role":"vault","cmd":"read","role$":"open","pin$":"role:open","local$":true,"gate$":true}"#,
    r#"{"role":"open","role":"vault","cmd":"read"}"#,
    r#"{"role":"vault","role":"open","cmd":"read"}"#,
    r#"{"r\u006fle":"vault","cmd":"read"}"#,
    r#"{"role":["open","vault"],"cmd":"read"}"#,
    r#"[{"role":"open"},{"role":"vault","cmd":"read"}]"#,
    r#"{"act":{"role":"vault","cmd":"read"}}"#,
    r#"{"role":"vault","cmd":"read","prior$":{"role":"open"},"actid$":"a/b","meta$":{"pattern":"role:open"}}"#,
    r#"{"role":"open","admin":true,"level":"all"}"#,
    r#"{"role":"vault","event":"opened"}"#,
];

async fn exchange(listener: &Listener, request: &str) -> String {
    let mut stream = TcpStream::connect(listener.url().authority(0)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Nothing of what is hidden ran, and nothing was told of it.
fn check(request: &str, answer: &str) {
    for word in ["hidden", "vault", "admin"] {
        let told = answer.to_lowercase();
        // A message's own words may be sent back to it.
        assert!(
            !told.contains(word) || request.contains(word) && !told.contains("hidden"),
            "{request}\n{answer}"
        );
    }
    assert!(!answer.contains("near miss") && !answer.contains("cmd:read"), "{request}\n{answer}");
}

#[tokio::test]
async fn no_body_over_http_talks_its_way_to_what_is_not_exposed() {
    let (bus, ran, listener) = world("http://127.0.0.1:0").await;
    let forms = [
        "",
        "prefer: respond-async\r\n",
        "matchbus-published: true\r\n",
        "matchbus-published: true\r\nmatchbus-groups: exposure,vault\r\n",
        "seneca-id: a/b\r\nseneca-kind: req\r\nseneca-origin: x\r\nseneca-pattern: role:open\r\n",
        "x-http-method-override: GET\r\nmatchbus-context-role: open\r\n",
        "matchbus-below: admin:true,level:all,role:open\r\n",
        "matchbus-below: overrides%20rank(9)%20a:1,b:2,c:3\r\n",
    ];
    for body in BODIES {
        for headers in forms {
            let length = body.len();
            let request = format!(
                "POST /act HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            check(&request, &exchange(&listener, &request).await);
        }
    }
    for path in ["/catalogue", "/metrics", "/health", "/ready", "/admin", "/act/../catalogue"] {
        let answer =
            exchange(&listener, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                .await;
        check(path, &answer);
    }
    bus.settled().await;
    assert_eq!(ran.0.load(Ordering::SeqCst), 0);
    let body = r#"{"role":"open","admin":false}"#;
    let request = format!(
        "POST /act HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert!(exchange(&listener, &request).await.ends_with("\"open\""));
}

#[tokio::test]
async fn no_frame_over_tcp_talks_its_way_to_what_is_not_exposed() {
    let (bus, ran, listener) = world("tcp://127.0.0.1:0").await;
    let forms = [
        r#"{"id":"a/b","kind":"act","sync":true,"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{"send":true},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{"published":true},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{"published":true,"groups":["exposure"]},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{"below":"admin:true,level:all,role:open"},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"mb":{"below":"overrides rank(9) a:1,b:2,c:3"},"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":false,"act":BODY}"#,
        r#"{"id":"a/b","kind":"act","sync":true,"act":{"role":"open"},"act":BODY}"#,
        r#"{"id":"a/b","kind":"catalogue","act":BODY}"#,
        "BODY",
    ];
    for body in BODIES {
        for form in forms {
            let request = format!("{}\n", form.replace("BODY", body));
            check(&request, &exchange(&listener, &request).await);
        }
    }
    bus.settled().await;
    assert_eq!(ran.0.load(Ordering::SeqCst), 0);
    let answer =
        exchange(&listener, "{\"id\":\"a/b\",\"kind\":\"act\",\"sync\":true,\"act\":{\"role\":\"open\"}}\n")
            .await;
    assert!(answer.contains("\"res\":\"open\""), "{answer}");
}

#[tokio::test]
async fn too_deep_and_too_many_keys_are_refused_over_both() {
    let (_bus, _, http) = world("http://127.0.0.1:0").await;
    let (_bus2, _, tcp) = world("tcp://127.0.0.1:0").await;
    let deep = format!(r#"{{"role":"open","a":{}{}}}"#, "[".repeat(70), "]".repeat(70));
    let keys = (0..10_001).fold(String::new(), |keys, n| keys + &format!(r#","k{n}":1"#));
    let many = format!(r#"{{"role":"open"{keys}}}"#);
    for (body, why) in [(&deep, "deep"), (&many, "keys")] {
        let length = body.len();
        let request = format!(
            "POST /act HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let answer = exchange(&http, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(why), "{answer}");
        let answer =
            exchange(&tcp, &format!("{{\"id\":\"a/b\",\"kind\":\"act\",\"sync\":true,\"act\":{body}}}\n"))
                .await;
        assert!(answer.contains("\"error\"") && answer.contains(why), "{answer}");
    }
}

/// What an error still says.
fn check_error(answer: &str, code: &str) {
    check("", answer);
    assert!(answer.contains(code) && answer.contains("the handler"), "{answer}");
    assert!(answer.contains("role:open") && answer.contains("message 0"), "{answer}");
}

#[tokio::test]
async fn neither_errors_nor_pages_tell_of_what_is_hidden() {
    let (bus, _, http) = world("http://127.0.0.1:0").await;
    let pins = Exposed::Pins(vec!["role:open".parse().unwrap()]);
    let tcp = bus.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &pins).await.unwrap();
    for (way, code) in [("nested", "handler-failed"), ("panic", "panic")] {
        let body = format!(r#"{{"role":"open","way":"{way}"}}"#);
        let length = body.len();
        let request = format!(
            "POST /act HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let answer = exchange(&http, &request).await;
        check("", &answer);
        assert!(
            answer.contains(&format!("\"code\":\"{code}\"")) && answer.contains("\"outcome\":\"done\""),
            "{answer}"
        );
        assert!(answer.contains("\"id\":\"") && answer.contains("role:open,way:"), "{answer}");
        let frame = format!("{{\"id\":\"a/b\",\"kind\":\"act\",\"sync\":true,\"mb\":{{}},\"act\":{body}}}\n");
        check_error(&exchange(&tcp, &frame).await, code);
        // Whoever is let in to everything is told everything.
        let inside = bus.act_bytes(body.as_bytes()).await.unwrap_err().to_string();
        assert!(inside.contains("hidden: the vault"), "{inside}");
    }
    for answer in [
        exchange(&http, "GET /catalogue HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await,
        exchange(&tcp, "{\"id\":\"a/b\",\"kind\":\"catalogue\"}\n").await,
    ] {
        check("", &answer);
        assert!(
            answer.contains("nested") && !answer.contains("Burst") && !answer.contains(".rs"),
            "{answer}"
        );
    }
    // Of messages that nobody answers, those are counted that came here.
    bus.act_bytes(br#"{"role":"nowhere"}"#).await.unwrap_err();
    let metrics = || exchange(&http, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(metrics().await.contains("\nmatchbus_unrouted_total 0\n"), "{}", metrics().await);
    let lost = r#"{"role":"nowhere"}"#;
    let request = format!(
        "POST /act HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{lost}",
        lost.len()
    );
    assert!(exchange(&http, &request).await.starts_with("HTTP/1.1 404"));
    assert!(metrics().await.contains("\nmatchbus_unrouted_total 1\n"), "{}", metrics().await);
}
