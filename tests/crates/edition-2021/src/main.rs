//! The edition before.
#![deny(warnings, rust_2018_idioms, rust_2024_compatibility)]
#![allow(tail_expr_drop_order, if_let_rescope)]

use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32), gen = 1)]
struct AddItem {
    qty: u32,
}

#[service(role = "cart", cmd = "add", gen = 1)]
async fn add(msg: AddItem, _: Meta) -> u32 {
    msg.qty
}

#[service(role = "cart", cmd = "add", gen = 1, qty = 7)]
async fn by_reference<'a>(msg: &'a AddItem) -> u32 {
    std::future::ready(msg.qty).await
}

struct Carts;

#[services(role = "shop")]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, msg: &Value) -> Value {
        msg.clone()
    }
}

matchbus::registry_test!();

fn main() {
    println!("{}", matchbus::services![add, by_reference, Carts][0][0].patterns[0].text);
}
