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

mod inner {
    #[matchbus::service(role = "cart", cmd = "add")]
    async fn add(msg: super::AddItem) -> super::Cart {
        helper(msg.qty)
    }

    fn helper(qty: u32) -> super::Cart {
        super::Cart { items: qty }
    }
}

fn main() {}
