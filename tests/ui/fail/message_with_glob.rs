use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add*")]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
