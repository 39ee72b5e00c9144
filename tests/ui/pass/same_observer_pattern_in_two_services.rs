#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

mod stock {
    #[matchbus::observer(role = "cart", event = "added")]
    async fn heard(_: crate::Added) {}
}

mod mail {
    #[matchbus::observer(role = "cart", event = "added")]
    async fn heard(_: crate::Added) {}
}

#[observer(role = "cart", event = "added", group(statistics))]
async fn statistics(_: Added) {}

#[observer(role = "cart", event = "added", group(audit))]
async fn audit(_: &Added) {}

fn main() {}
