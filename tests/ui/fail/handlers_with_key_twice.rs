use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(role = "basket", cmd = "add")]
    async fn add(&self, _: Value) {}
}

fn main() {}
