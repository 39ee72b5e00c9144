use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    pub async fn add(&self, _: Value) {}
}

fn main() {}
