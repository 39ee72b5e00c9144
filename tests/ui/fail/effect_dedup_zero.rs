use matchbus::prelude::*;

#[service(role = "cart", effect(dedup("0s")))]
async fn handler(_: Value) {}

fn main() {}
