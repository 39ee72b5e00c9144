#![deny(warnings)]
use matchbus::prelude::*;

pub struct Carts<T>(pub T);

#[services(role = "cart")]
impl Carts<u32> {
    #[service(cmd = "n")]
    async fn n(&self, _: Value, _: Option<State<Self>>) -> Result<u32, matchbus::Error> {
        Ok(self.0)
    }
}

mod inner {
    pub struct Other;
}

#[services(role = "other")]
impl inner::Other {
    #[service]
    async fn run(&self, _: Value) {}
}

fn main() {
    assert_eq!(matchbus::services![Carts<u32>, inner::Other].len(), 2);
}
