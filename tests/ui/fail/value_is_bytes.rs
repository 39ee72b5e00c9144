use matchbus::prelude::*;

#[service(name = b"cart")]
async fn handler(_: Value) {}

fn main() {}
