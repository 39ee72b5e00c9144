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

use std::future::Future;
use std::pin::Pin;

#[service(role = "cart", cmd = "add")]
fn add(msg: AddItem) -> impl Future<Output = Cart> + Send {
    async move { Cart { items: msg.qty } }
}

#[service(role = "cart", cmd = "add", tier = "gold")]
fn boxed(msg: AddItem) -> Pin<Box<dyn Future<Output = Cart> + Send>> {
    Box::pin(async move { Cart { items: msg.qty } })
}

#[service(role = "cart", cmd = "add", tier = "silver")]
fn alias(msg: &AddItem) -> matchbus::handler::BoxFuture<'_, Cart> {
    Box::pin(async move { Cart { items: msg.qty } })
}

fn main() {}
