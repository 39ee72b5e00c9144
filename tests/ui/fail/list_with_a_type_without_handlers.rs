use matchbus::prelude::*;

struct Carts;

fn list() {
    let _ = services![Carts];
}

fn main() {}
