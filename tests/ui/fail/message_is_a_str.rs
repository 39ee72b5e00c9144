use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
async fn add(_: &str) {}

#[service(role = "cart", cmd = "put")]
async fn put(_: &mut str) {}

fn main() {}
