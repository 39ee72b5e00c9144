use matchbus::prelude::*;

#[service(timeout("2s"))]
async fn handler(_: Value) {}

fn main() {}
