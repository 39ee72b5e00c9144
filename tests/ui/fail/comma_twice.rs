use matchbus::prelude::*;

#[service(role = "cart",, cmd = "add")]
async fn handler(_: Value) {}

fn main() {}
