use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added")]
async fn heard(_: Added) -> u32 {
    1
}

fn main() {}
