use matchbus::prelude::*;

#[service(role = "cart", concurrency(0))]
async fn handler(_: Value) {}

fn main() {}
