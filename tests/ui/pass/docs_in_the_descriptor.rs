#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

/// Adds an item.
///
/// Twice is once.
///
/// # Errors
///
/// Never.
#[service(role = "cart")]
#[doc = " More."]
async fn documented(_: Value) {}

#[service(role = "basket")]
async fn bare(_: Value) {}

/** Block. */
#[service(role = "block")]
async fn block(_: Value) {}

/// A message.
///
/// ```
/// code
/// ```
#[derive(Message, Serialize, Deserialize)]
#[message(role = "x")]
struct X {}

fn main() {
    assert_eq!(info::<documented>().doc, "Adds an item.\n\nTwice is once.");
    assert_eq!(info::<bare>().doc, "");
    assert_eq!(info::<block>().doc, "Block.");
    assert_eq!(X::INFO.doc, "A message.");
    let _ = X {};
}
