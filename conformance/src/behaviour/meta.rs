use matchbus::TraceParent;
use serde_json::{Value, json};

use crate::World;
use crate::services::{Keep, Relay, Who};

fn text<'a>(about: &'a Value, what: &str) -> &'a str {
    about[what].as_str().unwrap_or_else(|| panic!("`{what}` arrived: {about}"))
}

/// Of a traceparent: the trace and the span.
fn trace(about: &Value) -> (String, String) {
    let trace = text(about, "trace");
    assert!(TraceParent::parse(trace).is_some(), "{trace}");
    let mut parts = trace.split('-').skip(1).map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap())
}

/// Id, key, attempt, tenant, trace and chain.
pub async fn what_goes_beside_a_message_arrives(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let plain = near.call(Who {}).await.unwrap();
    let id = text(&plain, "id");
    assert_eq!((id.len(), text(&plain, "key")), (36, id), "without a key the id is the key: {plain}");
    assert_eq!((&plain["attempt"], &plain["tenant"]), (&json!(0), &Value::Null));
    assert_eq!(plain["chain"], json!(["suite:who"]));
    let other = near.call(Who {}).await.unwrap();
    assert_ne!(text(&other, "id"), id, "each message has its own");
    assert_ne!(trace(&other).0, trace(&plain).0, "and its own trace");
    for value in ["acme", "", "ä/1 %41 \"x\" = y, z; ü", "日本\n語"] {
        let told = near.context("tenant", value).context("other", "1").idempotency_key(value);
        let about = told.call(Who {}).await.unwrap();
        assert_eq!((text(&about, "tenant"), text(&about, "key")), (value, value));
    }
}

/// A handler here calls one there: the same trace and context, and an id and span of its own.
pub async fn context_and_trace_go_along_into_nested_calls(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let both = near.context("tenant", "acme").idempotency_key("once").call(Relay {}).await.unwrap();
    let (here, there) = (&both["near"], &both["far"]);
    assert_eq!((text(here, "tenant"), text(there, "tenant")), ("acme", "acme"));
    assert_eq!(text(here, "key"), "once");
    assert_ne!(text(there, "key"), "once", "the nested message is another one");
    assert_ne!(text(here, "id"), text(there, "id"));
    let ((trace_here, span_here), (trace_there, span_there)) = (trace(here), trace(there));
    assert_eq!(trace_here, trace_there);
    assert_ne!(span_here, span_there);
    assert_eq!(here["chain"], json!(["suite:relay"]));
    let chain = there["chain"].as_array().unwrap();
    assert_eq!(chain.last(), Some(&json!("suite:who")), "{chain:?}");
}

/// MUST KEEP (rule M2): of a message that a handler hands on, and of one that is only sent.
pub async fn keys_that_nobody_knows_are_kept(world: World) {
    let far = world.far().await;
    let near = world.near(&[&far]).await;
    let whole = json!({"suite": "keep", "step": 2, "colour": "red", "list": [1, null]});
    let told = near.extend("colour", "red").extend("list", json!([1, null]));
    assert_eq!(told.call(Keep { step: 2 }).await, Ok(whole.clone()), "sent");
    assert_eq!(told.call(Keep { step: 1 }).await, Ok(whole.clone()), "handed on");
    let mut first = whole.clone();
    first["step"] = json!(1);
    assert_eq!(near.act(first).await, Ok(whole), "handed on by a handler that was given JSON");
}
