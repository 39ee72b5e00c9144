use matchbus::prelude::*;

struct Carts;

#[services((role = "cart"), (role = "basket"))]
impl Carts {
    #[service(cmd = "add", crate(matchbus))]
    async fn add(&self, _: Value) {}
}

fn main() {}
