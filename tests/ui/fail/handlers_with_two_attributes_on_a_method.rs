use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(cmd = "add")]
    #[observer(event = "added")]
    async fn add(&self, _: Value) {}
}

fn main() {}
