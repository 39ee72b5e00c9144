use matchbus::prelude::*;

#[service(role = "cart", crate("matchbus"))]
async fn handler(_: Value) {}

fn main() {}
