use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add*")]
pub struct AddItem {
    pub qty: u32,
}

#[derive(Message, Serialize, Deserialize)]
#[message(cmd = "add*")]
pub struct AddAny {
    pub qty: u32,
}

fn main() {}
