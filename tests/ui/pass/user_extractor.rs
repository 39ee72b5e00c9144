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

struct Tenant(String);

impl FromContext for Tenant {
    fn from_context(_: &matchbus::handler::Context<'_>) -> Result<Self, matchbus::Error> {
        Err(matchbus::Error::refused("no tenant"))
    }
}

#[service(role = "cart", cmd = "add")]
async fn add(msg: AddItem, Tenant(name): Tenant, second: Option<Tenant>) -> Cart {
    drop((name, second));
    Cart { items: msg.qty }
}

fn main() {}
