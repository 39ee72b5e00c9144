use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", replies(u32), timeout("2s"))]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
