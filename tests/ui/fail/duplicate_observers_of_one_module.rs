use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added")]
async fn first(_: Added) {}

#[observer(role = "cart", event = "added")]
fn second(_: &Added) {}

fn main() {}
