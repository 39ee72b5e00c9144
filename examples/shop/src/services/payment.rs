//! Payment: takes money from cards, by way of a bank that is not always there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use matchbus::prelude::*;
use shop_contracts::{Charge, PaymentError, Receipt};

/// What was paid for which order.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<BTreeMap<String, u64>>);

/// Takes money for an order, once.
#[service(role = "payment", cmd = "charge", effect(idempotent), timeout("2s"))]
fn charge(msg: Charge, ledger: State<Ledger>) -> Result<Receipt, PaymentError> {
    ask_the_bank(&msg)?;
    let mut ledger = ledger.0.lock().unwrap_or_else(PoisonError::into_inner);
    let cents = *ledger.entry(msg.order).or_insert(msg.cents);
    Ok(Receipt { cents })
}

/// Stands for a bank: its answer depends on how the card's number ends.
fn ask_the_bank(charge: &Charge) -> Result<(), PaymentError> {
    match charge.card.get(charge.card.len().saturating_sub(4)..) {
        Some("0002") => Err(PaymentError::Declined { card: charge.card.clone() }),
        Some("0119") => Err(PaymentError::BankBusy),
        _ => Ok(()),
    }
}
