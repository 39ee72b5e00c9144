use matchbus::prelude::*;

#[service(role = concat!("a", "b"))]
async fn handler(_: Value) {}

fn main() {}
