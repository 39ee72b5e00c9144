use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
async fn add(_: Value) {}

#[service(role = "cart", cmd = "*", rank(5))]
async fn any(_: Value) {}

fn main() {
    let _ = matchbus::services![add, any];
}
