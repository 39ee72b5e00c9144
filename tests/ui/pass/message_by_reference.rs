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
async fn add(msg: &AddItem, meta: Meta) -> Cart {
    std::future::ready(drop(meta)).await;
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", tier = "gold")]
fn plain(msg: &AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {
    assert!(<add as matchbus::registry::Services>::LIST[0].by_ref);
}
