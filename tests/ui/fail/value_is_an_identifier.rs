use matchbus::prelude::*;

#[service(role = cart)]
async fn handler(_: Value) {}

fn main() {}
