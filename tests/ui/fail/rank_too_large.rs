use matchbus::prelude::*;

#[service(role = "cart", rank(3000000000))]
async fn handler(_: Value) {}

fn main() {}
