#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    non_ascii_idents,
    rust_2018_idioms,
    future_incompatible,
    nonstandard_style,
    let_underscore,
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    macro_use_extern_crate,
    meta_variable_misuse,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    redundant_lifetimes,
    unnameable_types,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
#![forbid(unsafe_code)]
//! Nothing is said about code that the user did not write.

use matchbus::prelude::*;

/// Adds.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32), error(CartError))]
pub struct AddItem {
    /// How many.
    pub qty: u32,
}

/// Wrong.
#[derive(Clone, Copy, Debug, AppError, Serialize, Deserialize)]
pub enum CartError {
    /// Full.
    #[app_error(code("full"), retryable, status(409))]
    Full,
}

impl std::fmt::Display for CartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for CartError {}

/// Handles.
///
/// # Errors
///
/// None.
#[service(role = "cart", cmd = "add", effect(dedup))]
pub async fn add(msg: AddItem, meta: Meta) -> Result<u32, CartError> {
    drop(meta);
    std::future::ready(()).await;
    Ok(msg.qty)
}

#[observer(role = "cart", cmd = "add")]
fn heard(msg: &AddItem) {
    assert_ne!(msg.qty, 0);
}

/// State.
#[derive(Clone, Debug)]
pub struct Carts {
    /// How many.
    pub count: u32,
}

#[services(role = "shop")]
impl Carts {
    #[service(cmd = "count")]
    async fn count(&self, _: Value) -> Value {
        std::future::ready(Value::from(self.count)).await
    }
}

matchbus::registry_test!();

#[matchbus::main]
async fn main(app: App) -> matchbus::Result<()> {
    let list = matchbus::services![add, heard, Carts];
    assert_eq!(list.len(), 3);
    drop(app);
    std::future::ready(Ok(())).await
}
