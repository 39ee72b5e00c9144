use matchbus::prelude::*;

#[services(role = "cart")]
async fn add(_: Value) {}

fn main() {}
