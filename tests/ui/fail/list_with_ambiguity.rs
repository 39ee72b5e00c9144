use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
async fn add(_: Value) {}

#[service(role = "cart", user = "vip")]
async fn vip(_: Value) {}

fn main() {
    let _ = matchbus::services![add, vip];
}
