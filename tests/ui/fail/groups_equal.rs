use matchbus::prelude::*;

#[service((role = "cart", cmd = "add"), (cmd = "add", role = "cart"))]
async fn handler(_: Value) {}

fn main() {}
