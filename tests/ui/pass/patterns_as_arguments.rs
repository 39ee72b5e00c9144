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
async fn add(AddItem { qty }: AddItem, _: Meta) -> Cart {
    Cart { items: qty }
}

#[service(role = "cart", cmd = "add", tier = "gold")]
async fn gold(mut msg: AddItem) -> Cart {
    msg.qty += 1;
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", tier = "silver")]
fn silver(&AddItem { qty }: &AddItem) -> Cart {
    Cart { items: qty }
}

fn main() {}
