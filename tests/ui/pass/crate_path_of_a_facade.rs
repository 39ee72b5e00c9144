#![deny(warnings)]
use matchbus::prelude::*;

mod facade {
    pub use matchbus as bus;
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", crate(crate::facade::bus), error(Wrong))]
struct AddItem {
    qty: u32,
}

#[derive(Debug, AppError, Serialize, Deserialize)]
#[app_error(crate(crate::facade::bus))]
struct Wrong {}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

impl std::error::Error for Wrong {}

#[facade::bus::service(role = "cart", crate(facade::bus))]
async fn add(msg: AddItem) {
    assert_ne!(msg.qty, 0);
}

struct Carts;

#[facade::bus::handlers(role = "shop", crate(crate::facade::bus))]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, _: Value) {}
}

fn main() {}
