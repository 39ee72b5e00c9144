use matchbus::prelude::*;

#[service(role = cart, cmd = , timeuot("2s"), n = 1.5, role = "x", role = "y")]
async fn handler(_: Value) {}

fn main() {}
