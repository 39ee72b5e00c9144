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

#[service(role = "cart", cmd = "add", qty = 1)]
async fn one(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", qty = "*", tier = "gold*")]
async fn any(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "c*", cmd = "*")]
async fn globs(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {}
