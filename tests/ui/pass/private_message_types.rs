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

#[derive(Message, Serialize, Deserialize)]
#[message(role = "private", reply(Hidden))]
struct Private {
    n: u8,
}

#[derive(Serialize, Deserialize)]
struct Hidden {
    n: u8,
}

#[service(role = "private")]
async fn private(msg: Private) -> Hidden {
    Hidden { n: msg.n }
}

fn main() {
    let _ = (AddItem { qty: 1 }, Cart { items: 1 });
}
