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

pub mod cart {
    #[matchbus::service(role = "cart", cmd = "add")]
    pub async fn add(msg: crate::AddItem) -> crate::Cart {
        crate::Cart { items: msg.qty }
    }
}

fn main() {
    let _ = matchbus::services![cart::add];
}
