//! Gift cards: any article `gift-N` is one, worth N.

use matchbus::prelude::*;
use shop_contracts::{GetPrice, Price, PriceError};

/// A gift card costs what it is worth.
///
/// The rank says who wins when a gold customer buys one: there is no discount on money.
#[service(role = "price", cmd = "get", sku = "gift-*", rank(1), group(price), effect(read))]
fn gift(msg: &GetPrice) -> Result<Price, PriceError> {
    let worth: Option<u64> = msg.sku.strip_prefix("gift-").and_then(|worth| worth.parse().ok());
    match worth.filter(|worth| (5..=500).contains(worth)) {
        Some(worth) => Ok(Price { sku: msg.sku.clone(), kind: "digital".into(), cents: worth * 100 }),
        None => Err(PriceError::UnknownSku { sku: msg.sku.clone() }),
    }
}
