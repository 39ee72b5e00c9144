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
#[deprecated]
#[must_use]
#[inline(never)]
#[allow(clippy::unused_async)]
async fn add(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

fn main() {}
