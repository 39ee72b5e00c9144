#![deny(warnings)]
use matchbus::prelude::*;

/// One.
#[service(
    // A comment.
    role = "cart", /* another */
    cmd = "add",
)]
/// Two.
async fn handler(
    /* the message */ _: Value,
) {
    // Nothing.
}

fn main() {}
