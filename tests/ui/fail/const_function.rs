use matchbus::prelude::*;

#[service(role = "cart")]
const fn handler() {}

fn main() {}
