//! Orders: from a full cart to an order that is paid, or to none.

use std::sync::atomic::{AtomicU32, Ordering};

use matchbus::prelude::*;
use shop_contracts::{Cart, Charge, GetCart, Order, OrderError, OrderPlaced, PlaceOrder, Release, Reserve};

/// The number of the last order.
#[derive(Debug, Default)]
pub struct Orders(AtomicU32);

/// Orders what is in a cart: all of it is reserved and paid, or nothing is.
#[service(role = "order", cmd = "place", effect(accept_duplicates))]
async fn place(
    msg: PlaceOrder,
    orders: State<Orders>,
    cart: Call<GetCart>,
    reserve: Call<Reserve>,
    charge: Call<Charge>,
    release: Emit<Release>,
    placed: Emit<OrderPlaced>,
) -> Result<Order, CallError<OrderError>> {
    let found = cart.call(GetCart { cart: msg.cart.clone() }).await.map_err(CallError::lift)?;
    let order = format!("order-{}", orders.0.fetch_add(1, Ordering::Relaxed) + 1);
    if let Err(error) = buy(&order, &found, msg.card, reserve, charge).await {
        // That this may fail too changes nothing about why there is no order.
        release.send(Release { order }).await.ok();
        return Err(error);
    }
    let kind = if found.lines.iter().all(|line| line.kind == "digital") { "digital" } else { "goods" };
    let reply = Order { order: order.clone(), cents: found.cents };
    // Paid is paid: that somebody does not hear of it must not look like an order that failed. The flows count it.
    placed
        .publish(OrderPlaced {
            order,
            cart: msg.cart,
            kind: kind.into(),
            lines: found.lines,
            cents: found.cents,
        })
        .await
        .ok();
    Ok(reply)
}

/// Reserves every line, then takes the money: nobody pays for what is not there.
async fn buy(
    order: &str,
    cart: &Cart,
    card: String,
    reserve: Call<Reserve>,
    charge: Call<Charge>,
) -> Result<(), CallError<OrderError>> {
    for line in &cart.lines {
        let (sku, kind) = (line.sku.clone(), line.kind.clone());
        let wanted = Reserve { order: order.into(), sku, kind, qty: line.qty };
        reserve.call(wanted).await.map_err(CallError::lift)?;
    }
    let bill = Charge { order: order.into(), card, cents: cart.cents };
    charge.idempotency_key(order).call(bill).await.map_err(CallError::lift)?;
    Ok(())
}
