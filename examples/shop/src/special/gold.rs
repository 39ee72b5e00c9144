//! Gold customers pay a tenth less. A service of its own, so it can be a process of its own, beside the prices or instead of
//! another one.

use matchbus::prelude::*;
use shop_contracts::{GetPrice, Price, PriceError};

/// The usual price, less 10 %.
#[service(role = "price", cmd = "get", tier = "gold", effect(read))]
async fn gold(msg: GetPrice, usual: Prior<GetPrice>) -> Result<Price, CallError<PriceError>> {
    let price = usual.call(msg).await?;
    Ok(Price { cents: price.cents - price.cents / 10, ..price })
}
