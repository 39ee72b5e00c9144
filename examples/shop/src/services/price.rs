//! Prices: what the shop sells, and for how much.

use std::collections::BTreeMap;

use matchbus::prelude::*;
use shop_contracts::{GetPrice, Price, PriceError};

/// The price list.
#[derive(Debug)]
pub struct Prices(BTreeMap<&'static str, (&'static str, u64)>);

impl Default for Prices {
    fn default() -> Self {
        Prices(BTreeMap::from([
            ("tea", ("goods", 450)),
            ("pot", ("goods", 2_900)),
            ("tea-book", ("digital", 1_200)),
        ]))
    }
}

/// The price of one piece.
#[service(role = "price", cmd = "get", effect(read))]
fn get(msg: &GetPrice, prices: State<Prices>) -> Result<Price, PriceError> {
    match prices.0.get(&*msg.sku) {
        Some((kind, cents)) => Ok(Price { sku: msg.sku.clone(), kind: (*kind).into(), cents: *cents }),
        None => Err(PriceError::UnknownSku { sku: msg.sku.clone() }),
    }
}
