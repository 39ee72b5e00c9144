use matchbus::prelude::*;

#[service(role = "cart", timeout("1s"), timeout("2s"))]
async fn handler(_: Value) {}

fn main() {}
