#![deny(warnings)]

mod cart {
    use matchbus::prelude::*;

    #[service(role = "cart")]
    pub async fn add(_: Value) {}
}

use cart::*;

fn main() {
    drop(add(matchbus::Value::Null));
    let _ = matchbus::services![add];
}
