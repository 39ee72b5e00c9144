use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
#[service(role = "cart", cmd = "put")]
async fn handler(_: Value) {}

fn main() {}
