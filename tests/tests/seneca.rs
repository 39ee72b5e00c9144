//! An unmodified Seneca from npm at the other end: both dialects of HTTP and the one of TCP, both ways.
//!
//! Needs `node` and `npm`; `MATCHBUS_WITHOUT=seneca` leaves it out.

#![allow(clippy::needless_pass_by_value)] // Handlers own what they are given.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::services;
use matchbus::transport::{Exposed, Head, Link, Transport, http::Http, tcp::Tcp};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

#[service(role = "math", cmd = "sum")]
fn sum(msg: Value) -> Value {
    json!({ "answer": msg["left"].as_i64().unwrap_or(0) + msg["right"].as_i64().unwrap_or(0) })
}

#[service(role = "echo")]
fn echo(msg: Value, meta: Meta) -> Value {
    json!({ "got": msg, "id": meta.id().to_string(), "context": meta.contexts(), "source": meta.source() })
}

#[service(role = "fail")]
fn fail(_: Value) -> Result<Value, matchbus::ErrorReply> {
    let mut error = matchbus::ErrorReply::new("E42", "boom from handler");
    error.details = json!({ "a": 1 });
    error.status = 409;
    Err(error)
}

#[service(role = "shape")]
fn shape(msg: Value) -> Value {
    msg["value"].clone()
}

/// Whether the test is left out, which must be said.
fn left_out() -> bool {
    std::env::var("MATCHBUS_WITHOUT").is_ok_and(|names| names.split(',').any(|name| name.trim() == "seneca"))
}

/// The folder with Seneca installed as the lock file says; made once.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/seneca");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seneca");
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["package.json", "package-lock.json", "server.js", "client.js"] {
            std::fs::copy(source.join(file), folder.join(file)).unwrap();
        }
        let npm = std::process::Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output()
            .unwrap_or_else(|cause| {
                panic!("npm does not start: {cause}; install node and npm, or set MATCHBUS_WITHOUT=seneca")
            });
        assert!(
            npm.status.success(),
            "npm ci fails in {}: {}; set MATCHBUS_WITHOUT=seneca to leave this test out",
            folder.display(),
            String::from_utf8_lossy(&npm.stderr)
        );
        folder
    })
}

/// How long node may take for anything; Seneca itself gives up after 4 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program of node's that is ready.
struct Node {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Ended when it is dropped.
    _child: Child,
}

impl Node {
    async fn start(program: &str, dialect: &str, port: u16) -> Self {
        let mut child = Command::new("node")
            .args([program, dialect, &port.to_string()])
            .current_dir(installed())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts, since npm did");
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while lines.next_line().await.unwrap().expect("node says when it is ready") != "ready" {}
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("node says when it is ready");
        Node { stdin, lines, _child: child }
    }

    async fn act(&mut self, message: Value) -> Value {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("no answer to {message}")).unwrap();
        let line = line.expect("a line for each message");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }
}

/// A matchbus that a Seneca calls.
async fn matchbus(scheme: &str, option: &str) -> (Bus, matchbus::transport::Listener) {
    let bus = Bus::with(services![sum, echo, fail, shape]).unwrap();
    let url = format!("{scheme}://127.0.0.1:0{option}").parse().unwrap();
    let listener = bus.listen(&url, &Exposed::All).await.unwrap();
    (bus, listener)
}

async fn seneca_calls(dialect: &str, option: &str) -> (Node, Bus, matchbus::transport::Listener) {
    let scheme = if dialect == "c" { "tcp" } else { "http" };
    let (bus, listener) = matchbus(scheme, option).await;
    let mut seneca = Node::start("client.js", dialect, listener.url().port().unwrap()).await;
    let reply = seneca.act(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await;
    assert_eq!(reply, json!({"reply": {"answer": 3}}));
    let message = json!({"role": "echo", "txt": "café \n \"q\"", "nested": {"a": [1, null, true]}, "custom$": {"trace": "abc"}});
    let reply = seneca.act(message).await;
    let echo = &reply["reply"];
    assert_eq!(
        echo["got"],
        json!({"role": "echo", "txt": "café \n \"q\"", "nested": {"a": [1, null, true]}}),
        "{reply}"
    );
    assert_eq!(echo["context"], json!({"trace": "abc"}), "{reply}");
    assert!(echo["source"].as_str().unwrap().contains("/3.38.0/"), "{reply}");
    let reply = seneca.act(json!({"role": "shape", "value": [1, {"b": 2}, "c"]})).await;
    assert_eq!(reply, json!({"reply": [1, {"b": 2}, "c"]}));
    assert_eq!(seneca.act(json!({"role": "shape", "value": null})).await, json!({"reply": null}));
    (seneca, bus, listener)
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_a() {
    if left_out() {
        return;
    }
    // As Seneca itself answers: the client throws the error's body away.
    let (mut seneca, _bus, _listener) = seneca_calls("a", "").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert!(error["error"]["message"].as_str().unwrap().contains("500"), "{error}");
    // With a status that the client reads.
    let (mut seneca, _bus, _listener) = seneca_calls("a", "?seneca_errors=299").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_b() {
    if left_out() {
        return;
    }
    let (mut seneca, _bus, _listener) = seneca_calls("b", "").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

#[tokio::test]
async fn a_seneca_calls_in_dialect_c() {
    if left_out() {
        return;
    }
    let (mut seneca, _bus, _listener) = seneca_calls("c", "").await;
    let error = seneca.act(json!({"role": "fail"})).await;
    assert_eq!(error["error"]["code"], "E42", "{error}");
    assert_eq!(error["error"]["message"], "boom from handler", "{error}");
    let error = seneca.act(json!({"role": "nobody"})).await;
    assert_eq!(error["error"]["code"], "act_not_found", "{error}");
}

async fn seneca_answers(dialect: &str, scheme: &str) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = Node::start("server.js", dialect, port).await;
    let url = format!("{scheme}://127.0.0.1:{port}").parse().unwrap();
    let link: Arc<dyn Link> =
        if dialect == "c" { Tcp::new().connect(&url).unwrap() } else { Http::new().connect(&url).unwrap() };
    let mut head = Head::default();
    head.context = [("trace".into(), "abc".into())].into();
    let call = async |message: Value| {
        let reply = link.call(message.to_string().as_bytes(), &head).await?;
        Ok::<Value, CallError<matchbus::ErrorReply>>(serde_json::from_slice(&reply).unwrap())
    };
    let reply = call(json!({"role": "math", "cmd": "sum", "left": 1, "right": 2})).await.unwrap();
    assert_eq!(reply, json!({"answer": 3}));
    // `fatal$` would end the server.
    let echo =
        call(json!({"role": "echo", "txt": "café", "n": 1.5, "z": null, "fatal$": true})).await.unwrap();
    assert_eq!(echo["got"], json!({"role": "echo", "txt": "café", "n": 1.5, "z": null}));
    assert_eq!(echo["custom"], json!({"trace": "abc"}));
    assert_eq!(call(json!({"role": "shape", "as": "array"})).await.unwrap(), json!([1, {"b": 2}, "c"]));
    assert_eq!(call(json!({"role": "shape", "as": "null"})).await.unwrap(), Value::Null);
    for how in ["reply", "throw"] {
        let error = call(json!({"role": "fail", "how": how})).await.unwrap_err();
        let CallError::App(reply) = &error else { panic!("{error:?}") };
        let said = if how == "reply" { "boom from handler" } else { "thrown in handler" };
        assert!(reply.message.contains(said), "{reply:?}");
        let all = serde_json::to_string(reply).unwrap();
        assert!(!all.contains(".js") && !all.contains("stack"), "{all}");
    }
    let error = call(json!({"role": "nobody"})).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.outcome()), ("no-handler", Outcome::Unknown));
    link.send(br#"{"role":"echo"}"#, &head).await.unwrap();
    // It still lives.
    assert_eq!(
        call(json!({"role": "math", "cmd": "sum", "left": 2, "right": 2})).await.unwrap()["answer"],
        4
    );
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_a() {
    if !left_out() {
        seneca_answers("a", "seneca+http").await;
    }
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_b() {
    if !left_out() {
        seneca_answers("b", "seneca+web").await;
    }
}

#[tokio::test]
async fn a_seneca_answers_in_dialect_c() {
    if !left_out() {
        seneca_answers("c", "seneca+tcp").await;
    }
}
