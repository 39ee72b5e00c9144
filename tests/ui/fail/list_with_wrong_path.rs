use matchbus::prelude::*;

mod cart {
    #[matchbus::service(role = "cart", cmd = "add")]
    pub async fn add(_: matchbus::Value) {}
}

fn list() {
    let _ = services![cart::ad];
    let _ = services![basket::add];
}

fn main() {}
