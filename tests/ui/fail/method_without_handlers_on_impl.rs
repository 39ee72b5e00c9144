use matchbus::prelude::*;

struct Cart;

impl Cart {
    #[service(role = "cart", cmd = "add")]
    async fn add(&self, _: Value) {}
}

fn main() {}
