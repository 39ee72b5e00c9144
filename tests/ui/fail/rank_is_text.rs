use matchbus::prelude::*;

#[service(role = "cart", rank("1"))]
async fn handler(_: Value) {}

fn main() {}
