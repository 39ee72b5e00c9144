use matchbus::prelude::*;

struct Carts;

#[handlers(role = "cart")]
impl Carts {
    pub async fn add(&self, _: Value) {}
}

fn main() {}
