//! Gold customers pay a tenth less.

use matchbus::prelude::*;
use shop_contracts::{GetPrice, Price, PriceError};

/// The usual price, less 10 %.
#[service(role = "price", cmd = "get", tier = "gold", group(price), effect(read))]
async fn gold(msg: GetPrice, usual: Prior<GetPrice>) -> Result<Price, CallError<PriceError>> {
    let price = usual.call(msg).await?;
    Ok(Price { cents: price.cents - price.cents / 10, ..price })
}
