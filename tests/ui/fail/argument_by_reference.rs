use matchbus::prelude::*;

struct Carts;

#[service(role = "cart")]
async fn handler(_: Value, _: &State<Carts>, _: &Carts) {}

fn main() {}
