use matchbus::prelude::*;

#[service(role = "cart", timeout("0s"))]
async fn handler(_: Value) {}

fn main() {}
