use matchbus::prelude::*;

#[service(role = ["cart", "basket"])]
async fn handler(_: Value) {}

fn main() {}
