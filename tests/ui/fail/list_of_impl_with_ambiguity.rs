use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(cmd = "add")]
    async fn add(&self, _: Value) {}

    #[service(user = "v*")]
    async fn vip(&self, _: Value) {}
}

fn main() {
    let _ = matchbus::services![Carts];
}
