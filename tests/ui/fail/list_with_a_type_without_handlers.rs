use matchbus::prelude::*;

struct Carts;

fn list() {
    let _ = matchbus::services![Carts];
}

fn main() {}
