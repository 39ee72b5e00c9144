//! The message of all peers and its one handler.

use matchbus::prelude::*;

/// Who buys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) tier: String,
}

/// As matchbus has it: the keys belong to the type.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Total))]
pub(crate) struct Add {
    pub(crate) item: String,
    pub(crate) qty: u32,
    pub(crate) price: f64,
    pub(crate) user: User,
    pub(crate) note: String,
}

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

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) total: f64,
    pub(crate) lines: u32,
}

impl Add {
    /// A message of about so many bytes.
    pub(crate) fn of(size: usize) -> Self {
        let note = "leave at door ".repeat((size.saturating_sub(122) / 14).max(1));
        Add {
            item: "sku-123".to_owned(),
            qty: 2,
            price: 9.99,
            user: User { id: "u-1".to_owned(), tier: "gold".to_owned() },
            note: note.trim_end().to_owned(),
        }
    }

    /// The same for the peers.
    pub(crate) fn whole(self) -> Whole {
        let Add { item, qty, price, user, note } = self;
        Whole { role: "cart".to_owned(), cmd: "add".to_owned(), item, qty, price, user, note }
    }
}

/// What every server does.
pub(crate) fn total(qty: u32, price: f64) -> Total {
    Total { total: (f64::from(qty) * price * 100.0).round() / 100.0, lines: 1 }
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
    total(message.qty, message.price)
}
