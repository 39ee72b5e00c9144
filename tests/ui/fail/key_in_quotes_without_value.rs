use matchbus::prelude::*;

#[service("user-id")]
async fn handler(_: Value) {}

fn main() {}
