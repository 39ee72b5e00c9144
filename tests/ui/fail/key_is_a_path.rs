use matchbus::prelude::*;

#[service(a::b = 1)]
async fn handler(_: Value) {}

fn main() {}
