//! Stock: how many pieces of each article are there, and for whom.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use matchbus::prelude::*;
use shop_contracts::{OrderPlaced, Release, Reserve, Reserved, StockError, StockLow};

/// So few pieces that somebody should buy more.
const LOW: u32 = 5;

/// What lies on the shelves, and what is kept for which order.
#[derive(Debug)]
pub struct Stock(Mutex<Shelves>);

#[derive(Debug)]
struct Shelves {
    free: BTreeMap<String, u32>,
    kept: BTreeMap<String, Vec<(String, u32)>>,
}

impl Default for Stock {
    fn default() -> Self {
        let free = BTreeMap::from([("pot".into(), 6), ("tea".into(), 100)]);
        Stock(Mutex::new(Shelves { free, kept: BTreeMap::new() }))
    }
}

impl Stock {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[services(role = "stock")]
impl Stock {
    /// Keeps pieces of an article for an order.
    #[service(cmd = "reserve", effect(idempotent))]
    fn reserve(&self, msg: Reserve) -> Result<Reserved, StockError> {
        let mut shelves = self.shelves();
        if shelves.kept.get(&msg.order).is_some_and(|kept| kept.iter().any(|(sku, _)| *sku == msg.sku)) {
            return Ok(Reserved { qty: msg.qty });
        }
        let left = shelves.free.get(&msg.sku).copied().unwrap_or(0);
        if left < msg.qty {
            return Err(StockError::OutOfStock { sku: msg.sku, wanted: msg.qty, left });
        }
        shelves.free.insert(msg.sku.clone(), left - msg.qty);
        shelves.kept.entry(msg.order).or_default().push((msg.sku, msg.qty));
        Ok(Reserved { qty: msg.qty })
    }

    /// Puts back what was kept for an order that came to nothing.
    #[service(cmd = "release", effect(idempotent))]
    fn release(&self, msg: &Release) {
        let mut shelves = self.shelves();
        for (sku, qty) in shelves.kept.remove(&msg.order).unwrap_or_default() {
            *shelves.free.entry(sku).or_default() += qty;
        }
    }
}

/// Ships what was kept for the order, and says what should be bought.
#[observer(role = "order", event = "placed", effect(idempotent))]
async fn ship(msg: OrderPlaced, stock: State<Stock>, low: Emit<StockLow>) -> Result<(), matchbus::Error> {
    let shipped = stock.shelves().kept.remove(&msg.order).unwrap_or_default();
    for (sku, _) in shipped {
        let left = stock.shelves().free.get(&sku).copied().unwrap_or(0);
        if left < LOW {
            low.publish(StockLow { sku, left }).await?;
        }
    }
    Ok(())
}
