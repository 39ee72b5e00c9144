use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(cmd = "add")]
    async fn add(&self, _: Value) {}

    #[service((cmd = "put"), (cmd = "add"))]
    async fn put(&self, _: Value) {}
}

fn main() {}
