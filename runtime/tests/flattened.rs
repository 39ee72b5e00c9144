//! Messages with a flattened map: whatever keys came in goes on, each once (rules M2 and M7).

use std::collections::{BTreeMap, HashMap};

use matchbus::prelude::*;
use matchbus::services;
use serde_json::json;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "post", cmd = "put", reply(Value))]
struct Put {
    text: String,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "store", reply(Value))]
struct Store {
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[service(role = "post", cmd = "put", to = "store")]
async fn put_to_store(msg: Put, prior: Prior<Put>, store: Call<Store>) -> Result<Value, matchbus::Error> {
    let stored = store.call(Store { rest: msg.rest.clone().into_iter().collect() }).await?;
    Ok(json!([stored, prior.call(msg).await?]))
}

#[service(role = "post", cmd = "put")]
async fn put(msg: Value) -> Value {
    msg
}

#[service(role = "store")]
async fn store(msg: Value) -> Value {
    msg
}

#[tokio::test]
async fn what_a_flattened_map_was_given_can_be_sent_on() {
    let bus = Bus::with(services![put_to_store, put, store]).unwrap();
    let message = json!({"role":"post","cmd":"put","to":"store","text":"a","more":{"role":"x"}});
    let reply = bus.act(message.clone()).await.unwrap();
    // The second message's own keys count, and those of the first that it does not fix are kept.
    let stored = json!({"role":"store","cmd":"put","to":"store","more":{"role":"x"}});
    assert_eq!(reply, json!([stored, message]));
}

#[tokio::test]
async fn a_message_of_other_keys_than_its_own_goes_where_its_type_says() {
    let bus = Bus::with(services![put_to_store, put, store]).unwrap();
    let rest = BTreeMap::from([("role".into(), json!("post")), ("n".into(), json!(1))]);
    assert_eq!(bus.call(Store { rest }).await.unwrap(), json!({"role":"store","n":1}));
    // All keys of the map are the type's own.
    let rest = BTreeMap::from([("role".into(), json!("store"))]);
    assert_eq!(bus.call(Store { rest }).await.unwrap(), json!({"role":"store"}));
}
