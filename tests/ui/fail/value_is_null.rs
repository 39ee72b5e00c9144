use matchbus::prelude::*;

#[service(role = null)]
async fn handler(_: Value) {}

fn main() {}
