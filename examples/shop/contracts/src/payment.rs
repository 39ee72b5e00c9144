use matchbus::prelude::*;
use thiserror::Error;

/// Take money for an order from a card.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "payment", cmd = "charge", reply(Receipt), error(PaymentError))]
pub struct Charge {
    /// The order; charging twice for one order is charging once.
    pub order: String,
    /// The card.
    pub card: String,
    /// How much.
    pub cents: u64,
}

/// Money was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// How much.
    pub cents: u64,
}

/// Why no money was taken.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum PaymentError {
    /// The bank says no, and will say no again.
    #[error("the bank declined card {card}")]
    #[app_error(status(402))]
    Declined {
        /// The card.
        card: String,
    },
    /// The bank cannot say now.
    #[error("the bank does not answer; try again")]
    #[app_error(status(503), retryable)]
    BankBusy,
}
