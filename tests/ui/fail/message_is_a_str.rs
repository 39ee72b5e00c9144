use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
async fn add(_: &str) {}

fn main() {}
