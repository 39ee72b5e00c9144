//! Lists two crates that say the same; must not compile. Its test must not pass either.

#[cfg(not(feature = "unlisted"))]
fn main() {
    let _ = matchbus::services![cart_service::add, other_cart_service::insert];
}

#[cfg(feature = "unlisted")]
fn main() {}

#[cfg(feature = "unlisted")]
use {cart_service as _, other_cart_service as _};

matchbus::registry_test!();
