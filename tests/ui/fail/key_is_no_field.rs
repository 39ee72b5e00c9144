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

#[service(role = "cart", cmd = "add", colour = "red", "user-id" = 1)]
async fn add(_: AddItem) -> Cart {
    Cart { items: 1 }
}

fn main() {}
