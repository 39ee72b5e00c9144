#![deny(warnings)]
use matchbus::prelude::*;

#[service(role = "any")]
async fn owned(msg: Value) -> Value {
    msg
}

#[service(role = "ref")]
async fn borrowed(msg: &serde_json::Value) -> Result<Value, matchbus::Error> {
    Ok(msg.clone())
}

#[service(role = "typed")]
fn typed(_: matchbus::Value) -> Result<u32, matchbus::ErrorReply> {
    Ok(1)
}

#[service(role = "nothing")]
async fn nothing(_: Value) {}

#[observer(role = "all", event = "*")]
async fn heard(_: Value) {}

fn main() {
    let info = &<owned as matchbus::registry::Services>::LIST[0];
    assert!(info.message.is_none());
}
