use matchbus::prelude::*;

#[service(n = 9223372036854775808)]
async fn handler(_: Value) {}

fn main() {}
