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

struct Carts;

#[service(role = "cart", cmd = "add")]
#[allow(clippy::too_many_arguments)]
async fn add(
    msg: AddItem,
    carts: State<Carts>,
    call: Call<AddItem>,
    emit: Emit<AddItem>,
    prior: Prior<AddItem>,
    meta: Meta,
    bus: Bus,
    option: Option<Prior<AddItem>>,
) -> Cart {
    drop((carts, call, emit, prior, meta, bus, option));
    Cart { items: msg.qty }
}

fn main() {
    assert_eq!(<add as matchbus::registry::Services>::LIST[0].needs.len(), 7);
}
