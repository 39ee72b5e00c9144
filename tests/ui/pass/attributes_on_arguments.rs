#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Cart), context(tier))]
pub struct AddItem {
    pub qty: u32,
}

#[derive(Serialize, Deserialize)]
pub struct Cart {
    pub items: u32,
}

#[service(role = "cart", cmd = "add")]
async fn add(
    #[allow(unused_variables)] msg: AddItem,
    #[cfg(any())] missing: DoesNotExist,
    #[cfg(all())] meta: Meta,
) -> Cart {
    drop(meta);
    Cart { items: 1 }
}

fn main() {
    assert_eq!(<add as matchbus::registry::Services>::LIST[0].needs.len(), 1);
}
