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

struct S<const N: usize>;

#[service(role = "cart", cmd = "add")]
#[allow(clippy::too_many_arguments)]
async fn add(
    msg: AddItem,
    _: State<S<1>>,
    _: State<S<2>>,
    _: State<S<3>>,
    _: State<S<4>>,
    _: State<S<5>>,
    _: State<S<6>>,
    _: State<S<7>>,
    _: State<S<8>>,
    _: State<S<9>>,
    _: State<S<10>>,
    _: State<S<11>>,
    _: State<S<12>>,
    _: State<S<13>>,
    _: State<S<14>>,
) -> Cart {
    Cart { items: msg.qty }
}

fn main() {}
