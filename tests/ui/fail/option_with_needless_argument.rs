use matchbus::prelude::*;

#[service(role = "cart", overrides(true), alternative(1))]
async fn handler(_: Value) {}

fn main() {}
