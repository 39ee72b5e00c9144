use matchbus::prelude::*;

#[service(role = "cart")]
struct Cart;

fn main() {}
