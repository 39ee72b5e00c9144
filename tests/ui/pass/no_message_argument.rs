#![deny(warnings)]
use matchbus::prelude::*;

struct Clock;

#[service(role = "time")]
async fn time(clock: State<Clock>) -> Value {
    drop(clock);
    Value::Null
}

#[service(role = "nothing")]
async fn nothing() {}

#[service(role = "optional")]
fn optional(_: Option<State<Clock>>, _: matchbus::Meta) -> Result<u8, matchbus::Error> {
    Ok(1)
}

#[observer(event = "tick")]
async fn tick(_: State<Clock>) {}

fn main() {
    let info = &<time as matchbus::registry::Services>::LIST[0];
    assert!(info.message.is_none());
    assert_eq!(info.needs.len(), 1);
}
