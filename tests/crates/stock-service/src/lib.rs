//! Handlers as methods.

use matchbus::prelude::*;

pub struct Stock;

#[services(role = "stock")]
impl Stock {
    #[service(cmd = "reserve")]
    async fn reserve(&self, _: Value) {}
}
