//! Mail: what people are told. It hears events; nobody calls it, and nobody waits for it. Its group has a name, so
//! that a special case in another file can join it: of one group, one observer hears each event.

use matchbus::prelude::*;
use shop_contracts::{MailSent, OrderPlaced, StockLow};

/// Confirms an order.
#[observer(role = "order", event = "placed", group(mail), effect(accept_duplicates))]
async fn confirm(msg: OrderPlaced, meta: Meta, sent: Emit<MailSent>) -> Result<(), matchbus::Error> {
    let text = format!("{}: thank you, your parcel is on its way", msg.order);
    sent.publish(MailSent { from: sender(&meta), text }).await?;
    Ok(())
}

/// Tells the buyers that an article is nearly sold out.
#[observer(role = "stock", event = "low", group(mail), effect(accept_duplicates))]
async fn reorder(msg: StockLow, meta: Meta, sent: Emit<MailSent>) -> Result<(), matchbus::Error> {
    let text = format!("please buy more of {}: {} left", msg.sku, msg.left);
    sent.publish(MailSent { from: sender(&meta), text }).await?;
    Ok(())
}

/// Whose shop writes: the tenant came with the first message and flowed along.
pub(crate) fn sender(meta: &Meta) -> String {
    format!("shop@{}.example", meta.context("tenant").unwrap_or("main"))
}
