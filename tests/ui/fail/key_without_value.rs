use matchbus::prelude::*;

#[service(role = "cart", cmd =)]
async fn handler(_: Value) {}

fn main() {}
