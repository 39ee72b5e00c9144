use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(reply(u32))]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
