use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
#[matchbus::observer(role = "cart", event = "added")]
async fn handler(_: Value) {}

fn main() {}
