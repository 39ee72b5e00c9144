use matchbus::prelude::*;

#[service(role = "cart")]
extern "C" fn handler() {}

fn main() {}
