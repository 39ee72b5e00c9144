use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(transparent)]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
