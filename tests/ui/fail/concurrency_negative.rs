use matchbus::prelude::*;

#[service(role = "cart", concurrency(-1))]
async fn handler(_: Value) {}

fn main() {}
