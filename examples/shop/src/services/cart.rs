//! Carts: what people may want to buy, at the price of the moment.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use matchbus::prelude::*;
use shop_contracts::{
    AddError, AddItem, Cart, CartError, GetAdvice, GetCart, GetPrice, Line, OrderPlaced, PriceError,
};

/// All carts.
#[derive(Debug, Default)]
pub struct Carts(Mutex<BTreeMap<String, Cart>>);

impl Carts {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Cart>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts pieces of an article in a cart. Whoever repeats a message under its key has them in the cart once.
#[service(role = "cart", cmd = "add", effect(dedup))]
async fn add(
    msg: AddItem,
    carts: State<Carts>,
    price: Call<GetPrice>,
    advice: Call<GetAdvice>,
) -> Result<Cart, AddError> {
    let sku = msg.sku.clone();
    let price =
        price.call(GetPrice { sku: sku.clone(), tier: msg.tier }).await.map_err(|error| match error {
            CallError::App(PriceError::UnknownSku { sku }) => AddError::UnknownSku { sku },
            CallError::Bus(_) => AddError::NoPrice { sku },
        })?;
    // Advice is nice to have: a cart without it is as good.
    let Ok(advice) = advice.call_or(GetAdvice { sku: msg.sku }, Vec::new()).await;
    let cents = price.cents * u64::from(msg.qty);
    let mut carts = carts.all();
    let cart = carts.entry(msg.cart).or_default();
    cart.lines.push(Line { sku: price.sku, kind: price.kind, qty: msg.qty, cents });
    cart.cents += cents;
    Ok(Cart { advice, ..cart.clone() })
}

/// Looks into a cart.
#[service(role = "cart", cmd = "get", effect(read))]
fn get(msg: GetCart, carts: State<Carts>) -> Result<Cart, CartError> {
    carts.all().get(&msg.cart).cloned().ok_or(CartError::UnknownCart { cart: msg.cart })
}

/// Takes away a cart that was ordered.
#[observer(role = "order", event = "placed", effect(idempotent))]
fn clear(msg: &OrderPlaced, carts: State<Carts>) {
    carts.all().remove(&msg.cart);
}
