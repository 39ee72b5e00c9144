#![deny(warnings)]
use matchbus::prelude::*;

use std::fmt::{Debug, Display, Formatter, Result as Written};

#[derive(Debug, AppError, Serialize, Deserialize)]
#[app_error(status(400))]
enum CartError {
    OutOfStock { sku: String },
    #[app_error(code("gone-for-good"), status(410), retryable)]
    Gone(u32),
    HTTPError,
    #[cfg(any())]
    Missing(DoesNotExist),
}

#[derive(Debug, AppError, Serialize, Deserialize)]
#[app_error(retryable)]
struct PriceError(u8);

#[derive(Debug, AppError, Serialize, Deserialize)]
pub enum Never {}

#[derive(Debug, AppError, Serialize, Deserialize)]
struct Wrapped<T: Debug> {
    inner: T,
}

macro_rules! display {
    ($($t:ty),*) => { $(
        impl Display for $t {
            fn fmt(&self, f: &mut Formatter<'_>) -> Written {
                write!(f, "{self:?}")
            }
        }
        impl std::error::Error for $t {}
    )* };
}
display!(CartError, PriceError, Never);

impl<T: Debug> Display for Wrapped<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "{:?}", self.inner)
    }
}

impl<T: Debug> std::error::Error for Wrapped<T> {}

fn main() {
    let error = CartError::OutOfStock { sku: String::new() };
    assert_eq!((&*error.code(), error.retryable(), error.status()), ("out-of-stock", false, 400));
    let error = CartError::Gone(1);
    assert_eq!((&*error.code(), error.retryable(), error.status()), ("gone-for-good", true, 410));
    assert_eq!(CartError::HTTPError.code(), "http-error");
    let error = PriceError(1);
    assert_eq!((&*error.code(), error.retryable(), error.status()), ("price-error", true, 422));
    assert_eq!(Wrapped { inner: 1 }.code(), "wrapped");
}
