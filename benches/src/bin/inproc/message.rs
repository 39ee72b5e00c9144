//! The message of all peers, 122 bytes of JSON with the keys of its type, and its one handler.

use matchbus::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) tier: String,
}

#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Total))]
pub(crate) struct Add {
    pub(crate) item: String,
    pub(crate) qty: u32,
    pub(crate) price: f64,
    pub(crate) user: User,
    pub(crate) note: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) total: f64,
    pub(crate) lines: u32,
}

impl Add {
    pub(crate) fn example() -> Self {
        Add {
            item: "sku-123".to_owned(),
            qty: 2,
            price: 9.99,
            user: User { id: "u-1".to_owned(), tier: "gold".to_owned() },
            note: "leave at door".to_owned(),
        }
    }

    /// As it comes over a wire.
    pub(crate) fn example_bytes() -> Vec<u8> {
        br#"{"role":"cart","cmd":"add","item":"sku-123","qty":2,"price":9.99,"user":{"id":"u-1","tier":"gold"},"note":"leave at door"}"#.to_vec()
    }

    fn total(&self) -> Total {
        Total { total: (f64::from(self.qty) * self.price * 100.0).round() / 100.0, lines: 1 }
    }
}

/// The handler that is given the message. It is no inlined part of anybody, ours or a peer's.
#[service(role = "cart", cmd = "add", alternative)]
#[inline(never)]
pub(crate) async fn add(message: Add) -> Total {
    message.total()
}

/// The handler that is lent the message.
pub(crate) mod lent {
    use super::{Add, Total, service};

    #[service(role = "cart", cmd = "add", alternative)]
    #[inline(never)]
    pub(crate) async fn add(message: &Add) -> Total {
        message.total()
    }
}
