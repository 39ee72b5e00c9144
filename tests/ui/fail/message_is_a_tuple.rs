use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
pub struct AddItem(u32, String);

fn main() {}
