use matchbus::prelude::*;

#[service(n = 1 + 1)]
async fn handler(_: Value) {}

fn main() {}
