use matchbus::prelude::*;

#[service(role = cart)]
async fn add(_: Value) {}

fn list() {
    let _ = matchbus::services![add];
}

fn main() {}
