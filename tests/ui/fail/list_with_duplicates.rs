use matchbus::prelude::*;

mod cart {
    #[matchbus::service(role = "cart", cmd = "add")]
    pub async fn add(_: matchbus::Value) {}

    #[matchbus::service(role = "cart", cmd = "add", alternative)]
    pub async fn add_in_memory(_: matchbus::Value) {}

    #[matchbus::service(role = "cart", cmd = "add", alternative)]
    pub async fn add_on_disk(_: matchbus::Value) {}
}

fn main() {
    let _ = matchbus::services![cart::add, cart::add_in_memory, cart::add_on_disk];
}
