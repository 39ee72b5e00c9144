use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
pub enum AddItem {
    One,
}

fn main() {}
