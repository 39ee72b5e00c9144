use matchbus::prelude::*;

fn list() {
    let _ = services![role = "cart"];
    let _ = services!["cart::add"];
}

fn main() {}
