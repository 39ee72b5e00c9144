use matchbus::prelude::*;
use thiserror::Error;

/// What does an article cost?
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "price", cmd = "get", reply(Price), error(PriceError))]
pub struct GetPrice {
    /// The article.
    pub sku: String,
    /// What kind of customer asks, such as `gold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// The price of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// The article.
    pub sku: String,
    /// What it is: `goods` that are shipped, or `digital`.
    pub kind: String,
    /// For one piece.
    pub cents: u64,
}

/// Why there is no price.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum PriceError {
    /// No such article.
    #[error("the shop has no article `{sku}`")]
    #[app_error(status(404))]
    UnknownSku {
        /// The article asked for.
        sku: String,
    },
}
