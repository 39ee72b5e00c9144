use matchbus::prelude::*;

#[service(role = cart)]
async fn add(_: Value) {}

fn list() {
    let _ = services![add];
}

fn main() {}
