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
async fn add<'a>(msg: &'a AddItem) -> Cart {
    let borrowed: &'a u32 = &msg.qty;
    Cart { items: *borrowed }
}

#[service(role = "cart", cmd = "add", tier = "gold")]
async fn gold<'a, 'b>(msg: &'a AddItem, _: State<Names<'static>>) -> Cart
where
    'a: 'b,
{
    let borrowed: &'b u32 = &msg.qty;
    Cart { items: *borrowed }
}

struct Names<'a>(#[allow(dead_code)] &'a str);

fn main() {}
