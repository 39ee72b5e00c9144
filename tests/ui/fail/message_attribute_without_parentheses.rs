use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
