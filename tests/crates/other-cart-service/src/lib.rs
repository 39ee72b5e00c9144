//! Says the same as `cart-service`.

use contracts::AddItem;
use matchbus::prelude::*;

#[service(role = "cart", cmd = "add")]
pub async fn insert(msg: &AddItem) -> u32 {
    msg.qty
}
