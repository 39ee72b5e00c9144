use matchbus::prelude::*;

fn list() {
    let _ = matchbus::services![role = "cart"];
    let _ = matchbus::services!["cart::add"];
}

fn main() {}
