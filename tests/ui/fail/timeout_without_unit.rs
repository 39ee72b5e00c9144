use matchbus::prelude::*;

#[service(role = "cart", timeout(2))]
async fn handler(_: Value) {}

fn main() {}
