use matchbus::prelude::*;

#[service(role = "cart", cmd = "add" | "put")]
async fn handler(_: Value) {}

fn main() {}
