//! The message of all peers and its one handler.

use matchbus::prelude::*;
pub(crate) use matchbus_benches::cart::{Add, Total, User};

/// As the peers have it, and as it is on the wire: 122 bytes of JSON, or about 4 KB.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) role: String,
    pub(crate) cmd: String,
    pub(crate) item: String,
    pub(crate) qty: u32,
    pub(crate) price: f64,
    pub(crate) user: User,
    pub(crate) note: String,
}

impl Whole {
    /// The same as matchbus's message.
    pub(crate) fn of(Add { item, qty, price, user, note }: Add) -> Self {
        Whole { role: "cart".to_owned(), cmd: "add".to_owned(), item, qty, price, user, note }
    }
}

/// What every client does with the answer: a wrong one ends the run.
#[track_caller]
pub(crate) fn check(total: Total) {
    assert!(total == Total { total: 19.98, lines: 1 }, "a wrong answer: {total:?}");
}

/// As JSON.
pub(crate) fn encode(message: &Whole) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    serde_json::to_writer(&mut bytes, message).expect("a struct of texts and numbers can be written");
    bytes
}

/// From JSON.
#[track_caller]
pub(crate) fn decode(reply: &[u8]) -> Total {
    serde_json::from_slice(reply).expect("a server answers with a total")
}

/// The handler.
#[service(role = "cart", cmd = "add")]
pub(crate) fn add(message: Add) -> Total {
    Total::of(message.qty, message.price)
}
