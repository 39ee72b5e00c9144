use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", reply("Cart"), error(), context())]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
