use matchbus::prelude::*;

#[service(role = "cart", group(""))]
async fn handler(_: Value) {}

fn main() {}
