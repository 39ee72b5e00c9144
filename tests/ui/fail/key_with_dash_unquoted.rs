use matchbus::prelude::*;

#[service(user-id = 1)]
async fn handler(_: Value) {}

fn main() {}
