use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(deny_unknown_fields)]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
