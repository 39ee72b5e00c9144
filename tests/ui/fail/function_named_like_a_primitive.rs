use matchbus::prelude::*;

#[service(role = "cart")]
async fn str(_: Value) {}

fn main() {}
