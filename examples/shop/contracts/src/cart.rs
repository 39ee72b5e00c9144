use matchbus::prelude::*;
use thiserror::Error;

/// Put pieces of an article in a cart; the first one makes the cart.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "cart", cmd = "add", reply(Cart), error(AddError))]
pub struct AddItem {
    /// The cart.
    pub cart: String,
    /// The article.
    pub sku: String,
    /// How many pieces.
    pub qty: u32,
    /// What kind of customer it is, such as `gold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// Look into a cart.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "cart", cmd = "get", reply(Cart), error(CartError))]
pub struct GetCart {
    /// The cart.
    pub cart: String,
}

/// A cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cart {
    /// What is in it.
    pub lines: Vec<Line>,
    /// What all of it costs.
    pub cents: u64,
    /// Articles that go well with the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// Some pieces of one article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The article.
    pub sku: String,
    /// What it is: `goods` or `digital`.
    pub kind: String,
    /// How many pieces.
    pub qty: u32,
    /// What they cost together.
    pub cents: u64,
}

/// Why nothing was put in the cart.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum AddError {
    /// No such article.
    #[error("the shop has no article `{sku}`")]
    #[app_error(status(404))]
    UnknownSku {
        /// The article asked for.
        sku: String,
    },
    /// Nobody says the price now. The same message may be sent again, under the same key too.
    #[error("nobody can say what `{sku}` costs now; try again later")]
    #[app_error(status(503), retryable)]
    NoPrice {
        /// The article asked for.
        sku: String,
    },
}

/// Why there is nothing to look into.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum CartError {
    /// No such cart.
    #[error("there is no cart `{cart}`")]
    #[app_error(status(404))]
    UnknownCart {
        /// The cart asked for.
        cart: String,
    },
}
