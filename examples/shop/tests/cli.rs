//! The built program, as somebody at a shell uses it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::Exposed;
use serde_json::json;
use tokio::sync::Semaphore;

fn shop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(args: &[&str]) -> Output {
    shop(args).output().unwrap()
}

/// Runs it and gives exit code, stdout and stderr.
fn said(args: &[&str]) -> (i32, String, String) {
    let output = run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Keys and values of JSON in a line.
fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|cause| panic!("{cause}: {line}"))
}

fn get(sku: &str) -> String {
    format!(r#"{{"role":"price","cmd":"get","sku":"{sku}"}}"#)
}

fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn without_a_command_it_plays_its_story() {
    let (code, out, err) = said(&[]);
    assert_eq!((code, &*err), (0, ""));
    assert!(out.contains("gold::gold answers cmd:get,role:price,tier:gold"), "{out}");
    assert!(out.contains("-- list"), "{out}");
    assert!(!out.contains('\x1b'), "colours are for terminals");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_no_success() {
    for args in [&["list"][..], &["graph"], &["check"], &["--help"], &["call", &get("tea")]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = shop(args).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {err}");
        assert!(err.contains("stdout cannot be written: "), "{args:?}: {err}");
        assert!(err.contains("make room there, or send it to another file"), "{args:?}: {err}");
    }
}

#[test]
fn list_is_a_table_or_a_catalogue() {
    let (code, table, _) = said(&["list"]);
    assert_eq!(code, 0);
    assert!(table.lines().any(|line| line == "price"), "{table}");
    assert!(table.contains("  answers   cmd:get,role:price,tier:gold          gold"), "{table}");
    let (code, catalogue, _) = said(&["list", "--json"]);
    assert_eq!(code, 0);
    let catalogue = json(&catalogue);
    let add = catalogue["handlers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["pattern"] == "cmd:add,role:cart")
        .unwrap();
    assert_eq!(add["input"]["properties"]["qty"]["type"], "integer");
    assert_eq!(add["input"]["properties"]["role"]["const"], "cart");
    assert_eq!(add["outputs"][0]["answered_by"], json!(["gold::gold", "price::get", "price::gift"]));
}

#[test]
fn call_replies_on_stdout_and_explains_on_stderr() {
    let message = r#"{"role":"price","cmd":"get","sku":"pot","tier":"gold"}"#;
    let (code, out, err) = said(&["call", message, "--explain"]);
    assert_eq!(code, 0);
    assert_eq!(json(&out), json!({ "sku": "pot", "kind": "goods", "cents": 2610 }));
    assert!(err.starts_with("gold::gold answers (examples/shop/src/special/gold.rs:"), "{err}");
    assert!(err.contains("wins over `cmd:get,role:price`: it has more keys, 3 against 2"), "{err}");
}

#[test]
fn call_fails_with_an_error_object() {
    for (message, code, outcome, retryable) in [
        (&*get("coffee"), "unknown-sku", "done", false),
        (r#"{"role":"price","cmd":"get"}"#, "invalid-message", "not-done", false),
        (r#"{"role":"price","cmd":"got"}"#, "no-handler", "not-done", false),
        ("{", "malformed", "not-done", false),
    ] {
        let (exit, out, err) = said(&["call", message]);
        assert_eq!((exit, &*out), (1, ""), "{message}");
        let error = &json(&err)["error"];
        assert_eq!(error["code"], code, "{err}");
        assert_eq!(error["outcome"], outcome, "{err}");
        assert_eq!(error["retryable"], retryable, "{err}");
    }
}

#[test]
fn flags_that_would_do_nothing_are_refused() {
    for (args, text) in [
        (&["--only", ","][..], "--only names no service"),
        (&["--expose", "role:cart"], "there is none; add --listen URL"),
        (&["--listen", "http://127.0.0.1:0", "--expose", "role:nosuch"], "would expose nothing"),
        (&["--listen", "http://127.0.0.1:0?pin=garbage"], "the pin `garbage` of an address is no pattern"),
        (
            &["--listen", "http://127.0.0.1:0", "--tls-client-ca", "ca.pem"],
            "--tls-client-ca would do nothing",
        ),
        (&["--tls-cert", "cert.pem"], "--tls-cert without --tls-key"),
        (&["--tls-ca", "ca.pem", "--bus", "http://127.0.0.1:1"], "--tls-ca would do nothing"),
    ] {
        let all: Vec<&str> = std::iter::once("run").chain(args.iter().copied()).collect();
        let (code, _, err) = said(&all);
        assert!((1..=2).contains(&code) && err.contains(text), "{args:?}: {code} {err}");
    }
}

#[test]
fn the_environment_says_who_else_there_is() {
    let ask = |url: &str| {
        let mut call = shop(&["call", &get("gift-5"), "--timeout", "300ms"]);
        let output = call.env("MATCHBUS_URL", url).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = ask("garbage");
    assert!(code == 1 && err.contains("the variable MATCHBUS_URL: "), "{err}");
    let (code, err) = ask("tcp://127.0.0.1:1");
    assert!(code == 1 && err.contains("tcp://127.0.0.1:1 did not say what it answers"), "{err}");
    assert!(err.contains("what `tcp://127.0.0.1:1` answers is not known"), "{err}");
}

#[test]
fn nobody_who_reads_stderr_is_no_reason_to_end_badly() {
    let mut child = shop(&["run", "--listen", "http://127.0.0.1:0"]).spawn().unwrap();
    let _ends = Ends::late(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for(&mut stderr, "SIGTERM or ctrl-c ends it");
    drop(stderr);
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_long_path_stands_once_in_an_error() {
    let deep = format!(r#"{{"role":{}1{}}}"#, r#"{"colour":"#.repeat(70), "}".repeat(70));
    let (_, _, err) = said(&["call", &deep]);
    let error = &json(&err)["error"];
    let path = error["path"].as_str().unwrap();
    let text = error["message"].as_str().unwrap();
    assert_eq!(path.matches("colour").count(), 63, "{path}");
    assert!(text.contains("levels) at $.role.colour.") && text.contains('…') && text.len() < 250, "{text}");
}

#[test]
fn nobody_answers_is_told_with_the_cure() {
    for (message, cure) in [
        (r#"{"role":"price","cmd":"got"}"#, "to reach `cmd:get,role:price`, give `cmd` the value get"),
        (r#"{"role":"price"}"#, "to reach `cmd:get,role:price`, add the key `cmd` with the value get"),
        (r#"{"colour":"red"}"#, "none comes near; there are `cmd:add,role:cart`, "),
    ] {
        let (exit, _, err) = said(&["call", message]);
        assert_eq!(exit, 1);
        let text = json(&err)["error"]["message"].as_str().unwrap().to_owned();
        assert!(text.contains(cure), "{text}");
    }
}

#[test]
fn an_event_is_published_and_a_call_of_it_says_so() {
    let event = r#"{"role":"stock","event":"low","sku":"pot","left":1}"#;
    let (code, out, err) = said(&["call", event]);
    assert_eq!((code, &*out), (1, ""));
    let text = json(&err)["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.contains("2 groups of observers hear it, so publish it: `call --publish`"), "{text}");

    assert_eq!(said(&["call", "--publish", event]), (0, "{\"groups\":2}\n".into(), String::new()));
    assert_eq!(said(&["call", "--publish", r#"{"a":1}"#]), (0, "{\"groups\":0}\n".into(), String::new()));
    let (code, out, err) = said(&["call", "--publish", "--explain", event]);
    assert_eq!((code, &*out, err.lines().count()), (0, "{\"groups\":2}\n", 2), "{err}");
    assert!(err.contains("audit::remember hears it (examples/shop/src/services/audit.rs:"), "{err}");
    assert!(err.contains("mail::reorder hears it (") && err.contains("`event:low,role:stock` fits"), "{err}");
    let (_, _, err) = said(&["call", "--publish", "--explain", r#"{"evnt":"low","role":"stock"}"#]);
    assert!(
        err.starts_with("nobody observes this: no pattern fits\nnear miss `event:low,role:stock`"),
        "{err}"
    );

    let (code, _, err) = said(&["call", "--publish", "{"]);
    assert_eq!((code, &json(&err)["error"]["code"]), (1, &json!("malformed")));
}

#[test]
fn an_observer_that_fails_is_a_line_on_stderr() {
    let event = r#"{"role":"stock","event":"low","left":"few"}"#;
    let logged = |level: Option<&str>| {
        let mut command = shop(&["call", "--publish", event]);
        if let Some(level) = level {
            command.env("MATCHBUS_LOG", level);
        }
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"groups\":2}\n");
        String::from_utf8(output.stderr).unwrap()
    };
    let err = logged(None);
    assert!(
        err.starts_with("warning: message failed: ") && err.contains("pattern event:low,role:stock"),
        "{err}"
    );
    assert_eq!((err.lines().count(), err.matches("event:low,role:stock").count()), (1, 1), "{err}");
    assert_eq!(logged(Some("error")), "");
    assert_eq!(logged(Some("off")), "");
    let err = logged(Some("loud"));
    assert!(err.starts_with("warning: MATCHBUS_LOG is `loud`, not off, error, warn or info"), "{err}");
    assert_eq!(err.lines().count(), 2, "{err}");
}

#[test]
fn each_command_tells_its_own_options() {
    let (code, out, err) = said(&["call", "--help"]);
    assert_eq!((code, &*err), (0, ""));
    assert!(out.starts_with("Usage: shop call MESSAGE|- [OPTIONS]\n"), "{out}");
    assert!(out.contains("--publish") && !out.contains("--at-once"), "{out}");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_the_cure() {
    for (args, text) in [
        (&["serve"][..], "use run, list, call"),
        (&["call"], "call needs a message"),
        (&["graph", "--format", "svg"], "use mermaid or dot"),
        (&["run", "--with", "shard"], "is not KEY=VALUE"),
    ] {
        let (code, _, err) = said(args);
        assert_eq!(code, 2, "{args:?}");
        assert!(err.contains(text), "{args:?}: {err}");
    }
    let (code, out, _) = said(&["--help"]);
    assert_eq!(code, 0);
    assert!(out.contains("Usage: shop"), "{out}");
}

#[test]
fn the_graph_has_services_special_cases_and_what_is_outside() {
    let (code, mermaid, _) = said(&["graph"]);
    assert_eq!(code, 0);
    for part in [
        "flowchart LR",
        "subgraph",
        "gold<br/>cmd:get,role:price,tier:gold",
        "cmd:get,role:advice",
        "-.->|\"OrderPlaced\"|",
    ] {
        assert!(mermaid.contains(part), "{part}: {mermaid}");
    }
    // By a thick line from each special case to what it hands on to.
    let place = |label: &str| {
        let line = mermaid.lines().find(|line| line.contains(&format!("[\"{label}\"]"))).unwrap();
        line.trim().split('[').next().unwrap().to_owned()
    };
    let (gold, get) = (place("gold<br/>cmd:get,role:price,tier:gold"), place("get<br/>cmd:get,role:price"));
    assert!(mermaid.contains(&format!("  {gold} ==>|\"Prior\"| {get}\n")), "{mermaid}");
    let (code, dot, _) = said(&["graph", "--format", "dot"]);
    assert!(dot.contains("[label=\"Prior\" style=bold]"), "{dot}");
    assert_eq!(code, 0);
    assert!(dot.contains("digraph matchbus {") && dot.trim_end().ends_with('}'), "{dot}");
}

#[test]
fn pipe_answers_in_order_and_numbers_what_is_bad() {
    let bad = |line: usize| line.is_multiple_of(7);
    let lines: Vec<String> = (1..=200)
        .map(|line| if bad(line) { "no message".into() } else { get(&format!("gift-{}", line + 4)) })
        .collect();
    let mut child = shop(&["pipe"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all((lines.join("\n") + "\n").as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(1), "a line failed");
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out.lines().count(), 200);
    for (line, reply) in (1..).zip(out.lines()) {
        let reply = json(reply);
        if bad(line) {
            assert_eq!(
                (&reply["error"]["code"], &reply["error"]["line"]),
                (&json!("malformed"), &json!(line))
            );
        } else {
            assert_eq!(reply["cents"], (line + 4) * 100, "line {line}");
        }
    }
}

#[test]
fn pipe_ends_quietly_when_nobody_reads_any_more() {
    let mut child = shop(&["pipe"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // Until the program has gone, which is what the writer hears of it.
    let writer = std::thread::spawn(move || while writeln!(stdin, "{}", get("gift-5")).is_ok() {});
    let mut reply = String::new();
    stdout.read_line(&mut reply).unwrap();
    assert_eq!(json(&reply)["cents"], 500);
    drop(stdout);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*err), (Some(0), ""));
    writer.join().unwrap();
}

#[cfg(unix)]
#[test]
fn pipe_ends_by_a_signal_as_a_shell_expects() {
    let mut child = shop(&["pipe"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    writeln!(stdin, "{}", get("gift-5")).unwrap();
    let mut reply = String::new();
    stdout.read_line(&mut reply).unwrap();
    assert_eq!(json(&reply)["cents"], 500);
    terminate(&child);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*err), (Some(143), "SIGTERM: ending what is running\n"));
}

#[test]
fn pipe_answers_before_the_next_line_comes() {
    let mut child = shop(&["pipe"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for worth in [5, 50, 500] {
        writeln!(stdin, "{}", get(&format!("gift-{worth}"))).unwrap();
        let mut reply = String::new();
        stdout.read_line(&mut reply).unwrap();
        assert_eq!(json(&reply)["cents"], worth * 100);
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn check_is_well_and_names_what_broke_since_a_saved_catalogue() {
    let (code, out, _) = said(&["check"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("ok: 18 handlers of 9 services"), "{out}");
    assert!(out.contains("note: in-memory dedup covers one process only: `add`"), "{out}");

    let (_, catalogue, _) = said(&["list", "--json"]);
    let same = file("same.json", &catalogue);
    assert_eq!(said(&["check", "--against", same.to_str().unwrap()]).0, 0);

    // As it was before `qty` was required, and when carts could still be emptied.
    let mut old = json(&catalogue);
    for handler in old["handlers"].as_array_mut().unwrap() {
        if handler["pattern"] == "cmd:add,role:cart" {
            handler["input"]["required"].as_array_mut().unwrap().retain(|field| field != "qty");
        }
        if handler["pattern"] == "cmd:get,role:cart" {
            handler["pattern"] = json!("cmd:empty,role:cart");
        }
    }
    let old = file("old.json", &old.to_string());
    let (code, out, _) = said(&["check", "--against", old.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(out.contains("cmd:add,role:cart: $.qty of the message is now required"), "{out}");
    assert!(out.contains("cmd:empty,role:cart: nothing answers this any more"), "{out}");
    assert_eq!(out.lines().filter(|line| line.starts_with("- ")).count(), 2, "{out}");

    let mut bare = json(&catalogue);
    for handler in bare["handlers"].as_array_mut().unwrap() {
        handler
            .as_object_mut()
            .unwrap()
            .retain(|part, _| !["input", "reply", "error"].contains(&part.as_str()));
    }
    let bare = file("bare.json", &bare.to_string());
    let (code, out, _) = said(&["check", "--against", bare.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(out.contains("fields are NOT compared of cmd:add,role:cart"), "{out}");
    assert!(!out.contains("nothing breaks"), "{out}");

    let newer = file("newer.json", r#"{"version":9,"handlers":[]}"#);
    let (code, _, err) = said(&["check", "--against", newer.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(err.contains("version 9 and this program reads up to 1"), "{err}");

    let (code, _, err) = said(&["check", "--against", "no-such-file.json"]);
    assert_eq!(code, 1);
    assert!(err.contains("no-such-file.json"), "{err}");
}

/// Ends a program that a test would else wait for in vain, as its output ends then too; long after it ought to have ended.
struct Ends {
    _well: Sender<()>,
}

impl Ends {
    fn late(child: &Child) -> Self {
        let (well, ended) = mpsc::channel();
        let id = child.id().to_string();
        std::thread::spawn(move || {
            if ended.recv_timeout(Duration::from_mins(1)) == Err(RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            }
        });
        Ends { _well: well }
    }
}

/// Reads lines until one has the text.
fn wait_for(lines: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended without `{text}`");
    }
}

fn terminate(child: &Child) {
    signal(child, "TERM");
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn run_mounts_what_is_asked_and_ends_well_on_sigterm() {
    let mut child = shop(&["run", "--only", "cart,price", "--with", "shard=0"]).spawn().unwrap();
    let _ends = Ends::late(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for(&mut stderr, "in-memory dedup covers one process only: `add`");
    wait_for(&mut stderr, "5 handlers of cart, price; SIGTERM or ctrl-c ends it");
    terminate(&child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "SIGTERM: ending what is running\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn run_ends_well_on_ctrl_c() {
    let mut child = shop(&["run", "--only", "price"]).spawn().unwrap();
    let _ends = Ends::late(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for(&mut stderr, "SIGTERM or ctrl-c ends it");
    signal(&child, "INT");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "ctrl-c: ending what is running\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Answers nobody, and says that it was asked.
#[service(role = "price", cmd = "get")]
async fn never(_: Value, asked: State<Arc<Semaphore>>) -> Value {
    asked.add_permits(1);
    std::future::pending().await
}

/// A cart that waits for its price is a handler at work, and the first signal lets it go on.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_ends_at_once_on_a_second_signal() {
    let asked = Arc::new(Semaphore::new(0));
    let price =
        Bus::builder().services(matchbus::services![never]).state(Arc::clone(&asked)).start().unwrap();
    let listener = price.listen(&"tcp://127.0.0.1:0".parse().unwrap(), &Exposed::All).await.unwrap();
    for (second, name) in [("TERM", "SIGTERM"), ("INT", "ctrl-c")] {
        let mut cart = shop(&["run", "--only", "cart", "--listen", "tcp://127.0.0.1:0"]);
        let mut child = cart.args(["--bus", &listener.url().to_string()]).spawn().unwrap();
        let _ends = Ends::late(&child);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening at ").unwrap_or_else(|| panic!("{line}"));
        wait_for(&mut stderr, "SIGTERM or ctrl-c ends it");
        // It has more time than the ten seconds that a cart has to end, so only the second signal ends it.
        let add = r#"{"role":"cart","cmd":"add","cart":"ann","sku":"tea","qty":2}"#;
        let mut caller = shop(&["call", add, "--timeout", "60s", "--bus", url]).spawn().unwrap();
        asked.acquire().await.unwrap().forget();
        terminate(&child);
        wait_for(&mut stderr, "SIGTERM: ending what is running");
        signal(&child, second);
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("{name} again: ending at once\n"));
        assert_eq!(child.wait().unwrap().code(), Some(1));
        caller.kill().unwrap();
        caller.wait().unwrap();
    }
}

#[test]
fn run_refuses_a_service_that_is_not_there() {
    let (code, _, err) = said(&["run", "--only", "cart,prise"]);
    assert_eq!(code, 1);
    assert!(err.contains("there is no service `prise`") && err.contains("price"), "{err}");
}
