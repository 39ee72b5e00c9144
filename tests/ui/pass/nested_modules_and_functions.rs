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

mod a {
    pub mod b {
        #[matchbus::service(role = "cart", cmd = "add")]
        pub async fn add(msg: super::super::AddItem) -> crate::Cart {
            crate::Cart { items: msg.qty }
        }
    }
}

fn main() {
    #[service(role = "cart", cmd = "add", tier = "local")]
    async fn local(msg: AddItem) -> Cart {
        Cart { items: msg.qty }
    }

    #[observer(role = "cart", event = "x")]
    fn heard(_: Value) {}

    assert_eq!(matchbus::services![a::b::add, local, heard].len(), 3);
}
