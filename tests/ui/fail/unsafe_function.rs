use matchbus::prelude::*;

#[service(role = "cart")]
unsafe fn handler(_: Value) {}

fn main() {}
