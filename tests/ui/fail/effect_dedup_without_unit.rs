use matchbus::prelude::*;

#[service(role = "cart", effect(dedup("10")))]
async fn handler(_: Value) {}

fn main() {}
