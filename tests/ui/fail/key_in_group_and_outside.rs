use matchbus::prelude::*;

#[service((role = "cart", cmd = "add"), role = "basket")]
async fn handler(_: Value) {}

fn main() {}
