use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", context(qty, role, tier, tier))]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
