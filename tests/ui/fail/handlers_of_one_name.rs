use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
fn add(_: Value) {}

#[service(role = "cart", cmd = "add", tier = "gold")]
fn add(_: Value) {}

fn main() {}
