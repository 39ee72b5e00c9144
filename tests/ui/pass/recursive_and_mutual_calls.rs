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
    if msg.qty > 10 { Box::pin(add(AddItem { qty: 10 })).await } else { helper(msg).await }
}

async fn helper(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {}
