use matchbus::prelude::*;

mod cart {
    #[matchbus::service(role = "cart", cmd = "add")]
    pub async fn add(_: matchbus::Value) {}
}

fn list() {
    let _ = matchbus::services![cart::ad];
    let _ = matchbus::services![basket::add];
}

fn main() {}
