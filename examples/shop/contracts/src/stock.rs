use matchbus::prelude::*;
use thiserror::Error;

/// Keep pieces of an article for an order.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "stock", cmd = "reserve", reply(Reserved), error(StockError))]
pub struct Reserve {
    /// The order; reserving twice for one order is reserving once.
    pub order: String,
    /// The article.
    pub sku: String,
    /// What it is: `goods` or `digital`.
    pub kind: String,
    /// How many pieces.
    pub qty: u32,
}

/// What was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reserved {
    /// How many pieces are kept for the order.
    pub qty: u32,
}

/// Put back what was reserved for an order that came to nothing.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "stock", cmd = "release")]
pub struct Release {
    /// The order.
    pub order: String,
}

/// An article is nearly sold out.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "stock", event = "low")]
pub struct StockLow {
    /// The article.
    pub sku: String,
    /// How many pieces are left.
    pub left: u32,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum StockError {
    /// Too few are there; more may come.
    #[error("{left} of `{sku}` left, {wanted} wanted")]
    #[app_error(status(409), retryable)]
    OutOfStock {
        /// The article.
        sku: String,
        /// How many pieces were wanted.
        wanted: u32,
        /// How many pieces are left.
        left: u32,
    },
}
