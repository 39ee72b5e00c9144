use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", error(String))]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
