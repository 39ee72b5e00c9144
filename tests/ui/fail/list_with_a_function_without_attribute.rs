use matchbus::prelude::*;

async fn add(_: Value) {}

fn list() {
    let _ = matchbus::services![add];
}

fn main() {}
