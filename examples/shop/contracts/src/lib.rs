//! What the services of the shop say to each other: messages, replies, errors. Services share this crate and nothing
//! else. An amount of money is an integer of cents.

mod advice;
mod bestsellers;
mod cart;
mod mail;
mod order;
mod payment;
mod price;
mod stock;

pub use advice::GetAdvice;
pub use bestsellers::{Bestseller, Bestsellers};
pub use cart::{AddError, AddItem, Cart, CartError, GetCart, Line};
pub use mail::MailSent;
pub use order::{Order, OrderError, OrderPlaced, PlaceOrder};
pub use payment::{Charge, PaymentError, Receipt};
pub use price::{GetPrice, Price, PriceError};
pub use stock::{Release, Reserve, Reserved, StockError, StockLow};
