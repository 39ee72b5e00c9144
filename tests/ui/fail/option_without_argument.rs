use matchbus::prelude::*;

#[service(role = "cart", timeout, effect, rank(), group)]
async fn handler(_: Value) {}

fn main() {}
