//! What travels beside a message, and what of its body travels on.

use matchbus::prelude::*;
use matchbus::{TraceParent, services};
use serde_json::json;

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "outer", reply(Value), context(vip))]
struct Outer {
    n: u32,
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "inner", reply(Value))]
struct Inner {}

fn facts(meta: &Meta) -> Value {
    json!({
        "id": meta.id().to_string(),
        "key": meta.idempotency_key(),
        "depth": meta.depth(),
        "chain": meta.chain(),
        "tenant": meta.context("tenant"),
        "user": meta.context("user"),
        "trace": meta.traceparent().to_string(),
        "budget": meta.budget().is_some(),
        "attempt": meta.attempt(),
    })
}

#[service(role = "inner")]
async fn inner(_: Inner, meta: Meta) -> Value {
    facts(&meta)
}

#[service(role = "outer", alternative)]
async fn outer(_: Outer, meta: Meta, inner: Call<Inner>, bus: Bus) -> Result<Value, matchbus::Error> {
    let by_call = inner.context("user", "ann").call(Inner {}).await?;
    let by_bus = bus.call(Inner {}).await?;
    Ok(json!({"own": facts(&meta), "by_call": by_call, "by_bus": by_bus}))
}

#[tokio::test]
async fn meta_data_flows_into_nested_calls_by_itself() {
    let bus = Bus::with(services![outer, inner]).unwrap();
    let all = bus.context("tenant", "acme").idempotency_key("order-7").call(Outer { n: 1 }).await.unwrap();
    let (own, by_call, by_bus) = (&all["own"], &all["by_call"], &all["by_bus"]);
    assert_eq!(own["chain"], json!(["role:outer"]));
    assert_eq!(by_call["chain"], json!(["role:outer", "role:inner"]));
    assert_eq!((&own["depth"], &by_call["depth"]), (&json!(0), &json!(1)));
    for facts in [own, by_call, by_bus] {
        assert_eq!(facts["tenant"], "acme");
        assert_eq!(facts["budget"], true);
    }
    // What is said of one message is said of what follows from it, and not of its siblings.
    assert_eq!(
        (&own["user"], &by_call["user"], &by_bus["user"]),
        (&Value::Null, &json!("ann"), &Value::Null)
    );
    // One trace, each message a span of its own, each an id of its own.
    let trace = |facts: &Value| facts["trace"].as_str().unwrap()[3..35].to_owned();
    assert_eq!(trace(own), trace(by_call));
    assert_eq!(trace(own), trace(by_bus));
    assert_ne!(own["trace"], by_call["trace"]);
    assert_ne!(own["id"], by_call["id"]);
    assert!(TraceParent::parse(own["trace"].as_str().unwrap()).is_some());
    // The idempotency key is the message's and not that of what follows; without one, the id is the key.
    assert_eq!(own["key"], "order-7");
    assert_eq!(by_call["key"], by_call["id"]);
}

/// Sends the message on as it is typed, which knows only `n`.
#[service(role = "outer", vip = true)]
async fn outer_vip(msg: Outer, prior: Prior<Outer>) -> Result<Value, CallError<NoError>> {
    prior.call(msg).await
}

mod wide {
    use super::*;

    #[service(role = "outer", alternative)]
    pub(crate) async fn see(msg: Value) -> Value {
        msg
    }
}

#[tokio::test]
async fn keys_that_the_type_does_not_know_survive_prior() {
    let bus = Bus::with(services![outer_vip, wide::see]).unwrap();
    let message = json!({"role":"outer","n":1,"vip":true,"note":{"deep":[1]}});
    assert_eq!(bus.act(message.clone()).await.unwrap(), message);
    // Also when they were added to a typed call.
    let reply = bus.extend("vip", true).extend("note", "hi").call(Outer { n: 1 }).await.unwrap();
    assert_eq!(reply, json!({"role":"outer","n":1,"vip":true,"note":"hi"}));
}

#[derive(Message, Serialize, Deserialize, Clone)]
#[message(role = "relay", reply(Value))]
struct Relay {
    n: u32,
    hops: u32,
}

/// Sends the same message on until no hop is left.
#[service(role = "relay")]
async fn relay(msg: Relay, bus: Bus) -> Result<Value, CallError<NoError>> {
    Box::pin(bus.call(Relay { hops: msg.hops - 1, ..msg })).await
}

#[service(role = "relay", hops = 0)]
async fn arrived(msg: Value) -> Value {
    msg
}

#[tokio::test]
async fn keys_that_the_type_does_not_know_survive_sending_on() {
    let bus = Bus::with(services![relay, arrived]).unwrap();
    let reply = bus.act(json!({"role":"relay","n":7,"hops":3,"basket":["tea"]})).await.unwrap();
    assert_eq!(reply, json!({"role":"relay","n":7,"hops":0,"basket":["tea"]}));
}

#[tokio::test]
async fn values_of_the_messages_own_fields_are_not_overwritten_by_added_ones() {
    let bus = Bus::with(services![wide::see]).unwrap();
    let reply = bus.extend("n", 9).extend("role", "other").call(Outer { n: 1 }).await.unwrap();
    assert_eq!(reply, json!({"role":"outer","n":1}));
}
