//! Digital goods: nothing is on a shelf, and delivery is a mail.

use matchbus::prelude::*;
use shop_contracts::{MailSent, OrderPlaced, Reserve, Reserved};

use crate::services::mail::sender;

/// There is always enough of what can be copied.
#[service(role = "stock", cmd = "reserve", kind = "digital", group(stock), effect(read))]
fn endless(msg: &Reserve) -> Reserved {
    Reserved { qty: msg.qty }
}

/// Sends the links, in place of the usual confirmation.
#[observer(role = "order", event = "placed", kind = "digital", group(mail), effect(accept_duplicates))]
async fn deliver(msg: OrderPlaced, meta: Meta, sent: Emit<MailSent>) -> Result<(), matchbus::Error> {
    let links: Vec<String> =
        msg.lines.iter().map(|line| format!("https://dl.example/{}", line.sku)).collect();
    let text = format!("{}: thank you, here it is: {}", msg.order, links.join(" "));
    sent.publish(MailSent { from: sender(&meta), text }).await?;
    Ok(())
}
