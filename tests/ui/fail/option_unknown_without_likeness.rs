use matchbus::prelude::*;

#[service(role = "cart", retries(3))]
async fn handler(_: Value) {}

fn main() {}
