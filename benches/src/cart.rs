//! The message that all peers carry, and its answer.

use matchbus::prelude::*;

/// Who buys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Who it is.
    pub id: String,
    /// What kind of customer.
    pub tier: String,
}

/// As matchbus has it: the keys belong to the type.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Total))]
pub struct Add {
    /// The article.
    pub item: String,
    /// How many pieces.
    pub qty: u32,
    /// What a piece costs.
    pub price: f64,
    /// Who buys.
    pub user: User,
    /// Text that makes the message as long as it is to be.
    pub note: String,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// What all pieces cost.
    pub total: f64,
    /// How many lines there are.
    pub lines: u32,
}

impl Add {
    /// A message of about so many bytes of JSON with the keys of its type, and at least of 122.
    pub fn of(size: usize) -> Self {
        let note = "leave at door ".repeat((size.saturating_sub(122) / 14).max(1));
        Add {
            item: "sku-123".to_owned(),
            qty: 2,
            price: 9.99,
            user: User { id: "u-1".to_owned(), tier: "gold".to_owned() },
            note: note.trim_end().to_owned(),
        }
    }
}

impl Total {
    /// What every handler computes.
    #[inline]
    pub fn of(qty: u32, price: f64) -> Self {
        Total { total: (f64::from(qty) * price * 100.0).round() / 100.0, lines: 1 }
    }
}
