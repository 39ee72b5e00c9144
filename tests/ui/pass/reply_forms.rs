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
async fn bare(msg: AddItem) -> Cart {
    Cart { items: msg.qty }
}

#[service(role = "cart", cmd = "add", tier = 1)]
async fn own_error(msg: AddItem) -> Result<Cart, NoError> {
    Ok(Cart { items: msg.qty })
}

#[service(role = "cart", cmd = "add", tier = 2)]
async fn bus_error(msg: AddItem) -> matchbus::Result<Cart> {
    Ok(Cart { items: msg.qty })
}

type Alias = Result<Cart, matchbus::Error>;

#[service(role = "cart", cmd = "add", tier = 3)]
async fn alias(msg: AddItem) -> Alias {
    Ok(Cart { items: msg.qty })
}

fn main() {}
