//! Mail: what people are told. It hears events; nobody calls it, and nobody waits for it. A special case in another
//! file joins it by `group(mail)`: of one service, one observer hears each event.

use matchbus::prelude::*;
use shop_contracts::{MailSent, OrderPlaced, StockLow};

/// Confirms an order.
#[observer(role = "order", event = "placed", effect(accept_duplicates))]
async fn confirm(msg: OrderPlaced, meta: Meta, sent: Emit<MailSent>) -> Result<(), matchbus::Error> {
    let text = format!("{}: thank you, your parcel is on its way", msg.order);
    sent.publish(MailSent { from: sender(&meta), text }).await?;
    Ok(())
}

/// Tells the buyers that an article is nearly sold out.
#[observer(role = "stock", event = "low", effect(accept_duplicates))]
async fn reorder(msg: StockLow, meta: Meta, sent: Emit<MailSent>) -> Result<(), matchbus::Error> {
    let text = format!("please buy more of {}: {} left", msg.sku, msg.left);
    sent.publish(MailSent { from: sender(&meta), text }).await?;
    Ok(())
}

/// Whose shop writes: the tenant came with the first message and flowed along.
pub(crate) fn sender(meta: &Meta) -> String {
    format!("shop@{}.example", meta.context("tenant").unwrap_or("main"))
}
