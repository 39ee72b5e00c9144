use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added", group("stock"))]
async fn first(_: Added) {}

mod inner {
    #[matchbus::observer(role = "cart", event = "added", group(stock))]
    fn second(_: &crate::Added) {}
}

fn main() {}
