use matchbus::prelude::*;

#[service(price = 1.5)]
async fn handler(_: Value) {}

fn main() {}
