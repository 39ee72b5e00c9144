#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added")]
async fn nothing(_: Added) {}

#[observer(role = "cart", event = "added", group(a))]
async fn bus_error(_: Added) -> Result<(), matchbus::Error> {
    Ok(())
}

#[observer(role = "cart", event = "added", group(b))]
async fn own_error(_: &Added) -> Result<(), matchbus::ErrorReply> {
    Ok(())
}

#[observer(role = "cart", event = "added", group(c))]
fn plain(_: Added) -> Result<(), matchbus::ErrorReply> {
    Ok(())
}

fn main() {}
