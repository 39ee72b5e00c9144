//! A listener answers simple requests by itself and gives the others to hyper; nobody is to see a difference.

use tokio::io::AsyncWriteExt;

use super::kit::{Answer, world};

const SUM: &str = r#"{"role":"math","cmd":"sum","left":1,"right":2}"#;

/// Simple: a message with its length.
fn simple(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// The same for hyper.
fn chunked(path: &str, headers: &str, body: &str) -> String {
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}transfer-encoding: chunked\r\n\r\n");
    if body.is_empty() {
        head + "0\r\n\r\n"
    } else {
        format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    }
}

/// All of an answer but its date and the ids in it.
fn told(answer: &Answer) -> (String, Vec<String>, serde_json::Value) {
    let mut lines = answer.head.lines().map(str::to_ascii_lowercase);
    let status = lines.next().unwrap();
    let mut fields: Vec<_> = lines.filter(|line| !line.starts_with("date: ")).collect();
    fields.sort();
    let mut body = serde_json::from_str(&answer.body).unwrap_or_default();
    if let serde_json::Value::Object(body) = &mut body {
        for key in ["error", "meta$"] {
            if let Some(serde_json::Value::Object(inner)) = body.get_mut(key) {
                inner.remove("id");
            }
        }
    }
    (status, fields, body)
}

#[tokio::test]
async fn an_answer_is_the_same() {
    let world = world().await;
    let long = format!(r#"{{"role":"echo","txt":"{}"}}"#, "long ".repeat(20_000));
    for (headers, body) in [
        ("", SUM),
        ("", &*long),
        ("", ""),
        ("", "{"),
        ("", "[]"),
        ("", r#"{"role":"nobody"}"#),
        ("", r#"{"role":"panic"}"#),
        ("", r#"{"role":"stock","cmd":"take","sku":"s1"}"#),
        ("", r#"{"role":"math","cmd":"sum","left":1,"right":2,"meta$":{"id":"a/b"}}"#),
        ("matchbus-budget: soon\r\n", SUM),
        ("matchbus-budget: 0\r\n", SUM),
        ("prefer: respond-async\r\n", r#"{"role":"log"}"#),
        ("matchbus-published: true\r\n", r#"{"role":"event"}"#),
        ("seneca-id: a/b\r\nseneca-origin: me\r\n", r#"{"role":"nobody"}"#),
        ("matchbus-source: a\r\nMATCHBUS-CONTEXT-T: b\r\ncookie: \t x\r\n", SUM),
    ] {
        let mut raw = world.raw().await;
        let straight = raw.ask(simple("/act", headers, body)).await.unwrap();
        assert!(straight.header("date").is_some_and(|date| date.ends_with(" GMT") && date.len() == 29));
        let by_hyper = raw.ask(chunked("/act", headers, body)).await.unwrap();
        assert_eq!(told(&straight), told(&by_hyper), "{headers}{body}");
        let hyper_on = raw.ask(simple("/", headers, body)).await.unwrap();
        assert_eq!(told(&straight), told(&hyper_on), "{headers}{body}");
    }
}

#[tokio::test]
async fn a_refusal_is_the_same() {
    let world = world().await;
    let large = " ".repeat((1 << 20) + 1);
    for headers in ["", "expect: 100-continue\r\n", "seneca-id: a/b\r\n"] {
        let mut told_by = Vec::new();
        for request in [simple("/act", headers, &large), chunked("/act", headers, &large)] {
            let mut raw = world.raw().await;
            raw.send(request).await;
            let mut answer = raw.answer().await.unwrap();
            if answer.status == 100 {
                answer = raw.answer().await.unwrap();
            }
            told_by.push(told(&answer));
            raw.ended().await;
        }
        assert_eq!(told_by[0], told_by[1], "{headers}");
    }
}

#[tokio::test]
async fn requests_may_be_cut_anywhere_and_follow_each_other_closely() {
    let world = world().await;
    let request = simple("/act", "x: y\r\n", SUM);
    let mut raw = world.raw().await;
    raw.stream.set_nodelay(true).unwrap();
    for at in 0..=request.len() {
        let (first, rest) = request.split_at(at);
        raw.send(first).await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        // The rest, and the beginning of the next one, which ends it.
        raw.send(format!("{rest}{first}")).await;
        assert_eq!(raw.answer().await.unwrap().body, "3", "cut at {at}");
        raw.send(rest).await;
        assert_eq!(raw.answer().await.unwrap().body, "3", "cut at {at}");
    }
    let all = [
        simple("/act", "", SUM),
        simple("/", "", SUM),
        chunked("/act", "", SUM),
        simple("/act", "", SUM),
        "GET /health HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        simple("/act", "", SUM),
    ];
    raw.send(all.concat()).await;
    for _ in 0..4 {
        assert_eq!(raw.answer().await.unwrap().body, "3");
    }
    assert_eq!(raw.answer().await.unwrap().body, r#"{"status":"alive"}"#);
    assert_eq!(raw.answer().await.unwrap().body, "3");
}

#[tokio::test]
async fn what_comes_while_a_handler_runs_is_answered_after_it() {
    let world = world().await;
    let mut raw = world.raw().await;
    raw.send(simple("/act", "", r#"{"role":"gate","n":7}"#)).await;
    world.started(1).await;
    // More than is read meanwhile.
    raw.send(simple("/act", "", SUM).repeat(50)).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    world.seen.open.add_permits(1);
    assert_eq!(raw.answer().await.unwrap().body, "7");
    for _ in 0..50 {
        assert_eq!(raw.answer().await.unwrap().body, "3");
    }
}

#[tokio::test]
async fn half_a_body_is_no_message() {
    let world = world().await;
    for request in [simple("/act", "", SUM), chunked("/act", "", SUM)] {
        let mut raw = world.raw().await;
        raw.send(&request[..request.len() - 8]).await;
        raw.stream.shutdown().await.unwrap();
        if let Some(answer) = raw.answer().await {
            assert_eq!(answer.error(), (400, "malformed".into(), "not-done".into()));
        }
        raw.ended().await;
    }
    assert_eq!(world.bus.flows().in_flight(), 0);
}

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_refused() {
    let world = world().await;
    let length = SUM.len();
    let whole = format!("content-length: {length}\r\n\r\n{SUM}");
    let chunks = format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{SUM}\r\n0\r\n\r\n");
    for hosts in ["", "host: a\r\nhost: b\r\n"] {
        for rest in [&whole, &chunks] {
            let mut raw = world.raw().await;
            let answer = raw.ask(format!("POST /act HTTP/1.1\r\n{hosts}{rest}")).await.unwrap();
            assert_eq!(answer.error(), (400, "malformed".into(), "not-done".into()), "{hosts}{rest}");
            assert!(answer.body.contains("one header `Host`"), "{}", answer.body);
            raw.ended().await;
        }
    }
    // HTTP/1.0 has none.
    let answer = world.raw().await.ask(format!("POST /act HTTP/1.0\r\n{whole}")).await.unwrap();
    assert_eq!((answer.status, &*answer.body), (200, "3"));
    assert_eq!(world.bus.flows().of("cmd:sum,role:math").started, 1);
}
