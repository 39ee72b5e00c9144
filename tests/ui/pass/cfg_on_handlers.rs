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

#[cfg(any())]
#[service(role = "cart", cmd = "add")]
async fn before(_: DoesNotExist) {}

#[service(role = "cart", cmd = "add")]
#[cfg(any())]
async fn after(_: DoesNotExist) {}

#[service(role = "cart", cmd = "add")]
#[cfg(all())]
async fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {
    let list = matchbus::services![
        #[cfg(any())]
        after,
        #[cfg(all())]
        add,
    ];
    assert_eq!(list.len(), 1);
}
