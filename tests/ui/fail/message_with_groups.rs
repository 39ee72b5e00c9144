use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message((role = "cart"), (role = "basket"))]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
