use matchbus::prelude::*;

struct Carts<T>(T);

#[services(role = "cart")]
impl<T> Carts<T> {
    #[service(cmd = "add")]
    async fn add(&self, _: Value) {}
}

fn main() {}
