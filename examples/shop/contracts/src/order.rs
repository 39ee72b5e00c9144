use matchbus::prelude::*;
use thiserror::Error;

use crate::{CartError, Line, PaymentError, StockError};

/// Order what is in a cart and pay by card.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "order", cmd = "place", reply(Order), error(OrderError))]
pub struct PlaceOrder {
    /// The cart.
    pub cart: String,
    /// The card.
    pub card: String,
}

/// An order that was paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Its number.
    pub order: String,
    /// What was paid.
    pub cents: u64,
}

/// Somebody ordered and paid.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "order", event = "placed")]
pub struct OrderPlaced {
    /// The order.
    pub order: String,
    /// The cart it was in.
    pub cart: String,
    /// `digital` if nothing has to be shipped, otherwise `goods`.
    pub kind: String,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// What was paid.
    pub cents: u64,
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum OrderError {
    /// No such cart.
    #[error("there is no cart `{cart}`")]
    #[app_error(status(404))]
    UnknownCart {
        /// The cart.
        cart: String,
    },
    /// Too few are there; more may come.
    #[error("only {left} of `{sku}` left")]
    #[app_error(status(409), retryable)]
    OutOfStock {
        /// The article.
        sku: String,
        /// How many pieces are left.
        left: u32,
    },
    /// The bank said no.
    #[error("{reason}")]
    #[app_error(status(402))]
    PaymentDeclined {
        /// Why.
        reason: String,
    },
    /// The bank cannot say now.
    #[error("{reason}")]
    #[app_error(status(503), retryable)]
    PaymentBusy {
        /// Why.
        reason: String,
    },
}

impl From<CartError> for OrderError {
    fn from(error: CartError) -> Self {
        match error {
            CartError::UnknownCart { cart } => OrderError::UnknownCart { cart },
        }
    }
}

impl From<StockError> for OrderError {
    fn from(error: StockError) -> Self {
        match error {
            StockError::OutOfStock { sku, left, .. } => OrderError::OutOfStock { sku, left },
        }
    }
}

impl From<PaymentError> for OrderError {
    fn from(error: PaymentError) -> Self {
        let reason = error.to_string();
        match error {
            PaymentError::Declined { .. } => OrderError::PaymentDeclined { reason },
            PaymentError::BankBusy => OrderError::PaymentBusy { reason },
        }
    }
}
