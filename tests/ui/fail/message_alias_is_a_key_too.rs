use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add")]
pub struct AddItem {
    #[serde(alias = "item", alias = "cmd")]
    pub sku: String,
}

fn main() {}
