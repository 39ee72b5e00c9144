use matchbus::prelude::*;

#[service("user-id" = "a b", n = -1)]
async fn first(_: Value) {}

#[service("user-id" = "a b", n = -1)]
async fn second(_: Value) {}

fn main() {}
