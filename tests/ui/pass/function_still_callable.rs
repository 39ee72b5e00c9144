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

/// Adds.
#[service(role = "cart", cmd = "add")]
fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {
    assert_eq!(add(AddItem { qty: 2 }).items, 2);
    let function: fn(AddItem) -> Cart = add;
    assert_eq!(function(AddItem { qty: 3 }).items, 3);
}
