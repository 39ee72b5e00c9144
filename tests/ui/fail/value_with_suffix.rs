use matchbus::prelude::*;

#[service(n = 1u8)]
async fn handler(_: Value) {}

fn main() {}
