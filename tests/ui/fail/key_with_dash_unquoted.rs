use matchbus::prelude::*;

#[service(user-id = 1)]
async fn handler(_: Value) {}

#[service(user-id: 1, a."b\"c" = 1, tag > "x", "a\"b")]
async fn another(_: Value) {}

fn main() {}
