use matchbus::prelude::*;

#[service(role = "cart", timeuot("2s"))]
async fn handler(_: Value) {}

fn main() {}
