use matchbus::prelude::*;

#[service()]
async fn handler(_: Value) {}

fn main() {}
