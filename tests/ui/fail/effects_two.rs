use matchbus::prelude::*;

#[service(role = "cart", effect(read, idempotent))]
async fn handler(_: Value) {}

fn main() {}
