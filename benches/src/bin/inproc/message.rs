//! The message of all peers as it is called here, and its one handler.

use matchbus::prelude::*;
pub(crate) use matchbus_benches::cart::{Add, Total};

/// 122 bytes of JSON with the keys of its type.
pub(crate) fn example() -> Add {
    Add::of(122)
}

/// As it comes over a wire.
pub(crate) fn example_bytes() -> Vec<u8> {
    br#"{"role":"cart","cmd":"add","item":"sku-123","qty":2,"price":9.99,"user":{"id":"u-1","tier":"gold"},"note":"leave at door"}"#.to_vec()
}

/// The handler that is given the message. It is no inlined part of anybody, ours or a peer's.
#[service(role = "cart", cmd = "add", alternative)]
#[inline(never)]
pub(crate) async fn add(message: Add) -> Total {
    Total::of(message.qty, message.price)
}

/// The handler that is lent the message.
pub(crate) mod lent {
    use super::{Add, Total, service};

    #[service(role = "cart", cmd = "add", alternative)]
    #[inline(never)]
    pub(crate) async fn add(message: &Add) -> Total {
        Total::of(message.qty, message.price)
    }
}
