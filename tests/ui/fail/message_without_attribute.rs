use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
