#![deny(warnings)]
use matchbus::prelude::*;

pub struct Carts;

#[services(role = "cart")]
#[cfg(all())]
impl Carts {
    #[service(cmd = "a")]
    #[cfg(any())]
    async fn a(&self, _: DoesNotExist) {}

    #[cfg(all())]
    #[service(cmd = "b")]
    async fn b(&self, _: Value) {}
}

#[services(role = "other")]
#[cfg(any())]
impl DoesNotExist {
    #[service(cmd = "a")]
    async fn a(&self, _: DoesNotExist) {}
}

fn main() {
    assert_eq!(matchbus::services![Carts][0].len(), 1);
}
