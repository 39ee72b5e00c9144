use matchbus::prelude::*;

#[service("" = 1)]
async fn handler(_: Value) {}

fn main() {}
