use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[message(cmd = "add")]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
