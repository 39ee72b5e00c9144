use matchbus::prelude::*;

#[handlers(role = "cart")]
async fn add(_: Value) {}

fn main() {}
