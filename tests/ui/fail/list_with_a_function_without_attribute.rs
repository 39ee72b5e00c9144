use matchbus::prelude::*;

async fn add(_: Value) {}

fn list() {
    let _ = services![add];
}

fn main() {}
