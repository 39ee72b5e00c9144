use matchbus::prelude::*;

struct Carts;

#[services(role = "cart")]
impl Carts {
    #[service(cmd = "add")]
    async fn add(&self, _: Value) -> String {
        String::new()
    }

    #[service(cmd = "b")]
    async fn b(&self, _: Value, _: Self) {}

    #[service(cmd = "c")]
    async fn c(&self, _: Value) {
        let shared = std::rc::Rc::new(1);
        std::future::ready(()).await;
        drop(shared);
    }
}

fn main() {}
