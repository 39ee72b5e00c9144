use matchbus::prelude::*;

#[service(role = "cart")]
async fn add(_: Value) {}

fn list() {
    let _ = matchbus::services![add, add];
}

fn main() {}
