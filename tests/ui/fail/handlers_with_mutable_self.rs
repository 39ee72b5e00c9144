use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(cmd = "add")]
    async fn add(&mut self, _: Value) {}

    #[service(cmd = "take")]
    async fn take(self, _: Value) {}
}

fn main() {}
