use matchbus::prelude::*;

struct Carts;

#[service(role = "cart")]
async fn handler(_: Value, _: std::sync::Arc<Carts>, _: Meta, _: Option<Carts>) {}

fn main() {}
