use matchbus::prelude::*;

#[service(role = "cart", effect(pure))]
async fn handler(_: Value) {}

fn main() {}
