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

mod cart {
    pub(crate) mod inner {
        #[matchbus::service(role = "cart", cmd = "add")]
        pub(in crate::cart) async fn add(msg: crate::AddItem) -> crate::Cart {
            crate::Cart { items: msg.qty }
        }

        #[matchbus::service(role = "cart", cmd = "add", tier = "gold")]
        pub(crate) async fn add_gold(msg: crate::AddItem) -> crate::Cart {
            crate::Cart { items: msg.qty }
        }
    }

    pub fn list() -> usize {
        matchbus::services![inner::add, inner::add_gold].len()
    }
}

fn main() {
    assert_eq!(cart::list(), 2);
}
