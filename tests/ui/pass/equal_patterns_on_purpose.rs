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
async fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", overrides)]
async fn add_better(msg: AddItem, _: Prior<AddItem>) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", tier = "gold", alternative)]
async fn first(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", tier = "gold", alternative)]
async fn second(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {}
