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
async fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[cfg(not(any()))]
#[service(role = "cart", cmd = "add")]
async fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty + 1 }
}

fn main() {}
