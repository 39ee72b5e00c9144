use matchbus::prelude::*;

#[service(role = "cart")]
async fn handler(_: Value, _: impl FromContext) {}

fn main() {}
