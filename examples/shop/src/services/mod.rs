//! One module, one service. Each knows its inputs and its outputs and nothing of the others.

pub mod audit;
pub mod bestsellers;
pub mod cart;
pub mod mail;
pub mod order;
pub mod payment;
pub mod price;
pub mod stock;
