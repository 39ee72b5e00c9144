use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", "user-id" = 1)]
#[serde(rename_all = "kebab-case")]
pub struct AddItem {
    pub role: String,
    pub user_id: u32,
}

fn main() {}
