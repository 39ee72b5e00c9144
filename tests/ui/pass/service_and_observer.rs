#![deny(warnings, missing_docs, unreachable_pub, unused, non_ascii_idents, clippy::pedantic)]
//! The first example of the manual.

use matchbus::prelude::*;

/// Put an item in a cart.
#[derive(Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Cart), error(CartError), context(tier))]
pub struct AddItem {
    /// Which cart.
    pub cart: String,
    /// How many.
    pub qty: u32,
}

/// A cart.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cart {
    /// How many.
    pub items: u32,
}

/// What can go wrong.
#[derive(Debug, AppError, Serialize, Deserialize)]
pub enum CartError {
    /// Nothing left.
    #[app_error(status(409), retryable)]
    OutOfStock,
    /// Some other.
    #[app_error(code("full"))]
    CartFull(String),
}

impl std::fmt::Display for CartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

impl std::error::Error for CartError {}

/// Something was added.
#[derive(Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", event = "item-added", external)]
pub struct ItemAdded {
    /// Which.
    pub sku: String,
}

/// All carts.
#[derive(Debug, Default)]
pub struct Carts;

/// Adds.
///
/// More about it.
///
/// # Errors
///
/// None.
#[service(role = "cart", cmd = "add", effect(idempotent))]
pub async fn add(msg: AddItem, carts: State<Carts>, added: Emit<ItemAdded>) -> Result<Cart, CartError> {
    let _ = (carts, added);
    Ok(Cart { items: msg.qty })
}

#[service(role = "cart", cmd = "add", tier = "gold")]
async fn add_gold(msg: &AddItem, prior: Prior<AddItem>) -> Result<Cart, CartError> {
    let _ = prior;
    std::future::ready(()).await;
    Ok(Cart { items: msg.qty })
}

#[observer(role = "cart", event = "item-added")]
fn heard(msg: &ItemAdded) {
    assert_ne!(msg.sku, "");
}

#[observer(role = "cart", event = "item-added", group(other))]
async fn heard_async(_: ItemAdded) {}

#[service((role = "any", cmd = 1), (role = "any", cmd = -2), (role = "any*"), timeout("2s"))]
async fn any(msg: Value) -> Value {
    msg
}

#[service(role = "all")]
fn all() -> Value {
    Value::Null
}

#[services(role = "shop")]
impl Carts {
    /// First.
    #[service(cmd = "a")]
    async fn a(&self, _: Value) -> Value {
        let _ = self;
        Value::Null
    }

    #[service(cmd = "b", concurrency(1))]
    fn b(_: Value) -> Value {
        Value::Null
    }
}

fn main() {
    let _ = matchbus::services![add, add_gold, heard, heard_async, any, all, Carts];
    let info = &<add as matchbus::registry::Services>::LIST[0];
    assert_eq!(info.patterns[0].text, "cmd:add,role:cart");
    assert_eq!(info.doc, "Adds.\n\nMore about it.");
    assert_eq!(info.place.line, 61);
}
