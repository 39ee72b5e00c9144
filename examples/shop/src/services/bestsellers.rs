//! Bestsellers: added when the shop had been running for long. It hears orders; no other service knows of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use matchbus::prelude::*;
use shop_contracts::{Bestseller, Bestsellers, OrderPlaced};

/// How many pieces of each article were ordered.
#[derive(Debug, Default)]
pub struct Sales(Mutex<BTreeMap<String, u32>>);

/// Counts what is ordered.
#[observer(role = "order", event = "placed", effect(accept_duplicates))]
fn count(msg: OrderPlaced, sales: State<Sales>) {
    let mut sales = sales.0.lock().unwrap_or_else(PoisonError::into_inner);
    for line in msg.lines {
        *sales.entry(line.sku).or_default() += line.qty;
    }
}

/// What is ordered most.
#[service(role = "bestsellers", cmd = "get", effect(read))]
fn get(msg: &Bestsellers, sales: State<Sales>) -> Vec<Bestseller> {
    let sales = sales.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<Bestseller> =
        sales.iter().map(|(sku, qty)| Bestseller { sku: sku.clone(), qty: *qty }).collect();
    all.sort_by_key(|best| std::cmp::Reverse(best.qty));
    all.truncate(msg.top);
    all
}
