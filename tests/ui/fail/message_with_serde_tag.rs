use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(tag = "type")]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
