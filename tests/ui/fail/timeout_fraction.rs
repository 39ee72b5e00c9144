use matchbus::prelude::*;

#[service(role = "cart", timeout("1.5s"))]
async fn handler(_: Value) {}

fn main() {}
