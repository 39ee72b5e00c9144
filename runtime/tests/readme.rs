//! The parts of the README that are no programs of their own: compiled and run here, and compared with the text.

use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32))]
struct AddItem {
    sku: String,
    qty: u32,
    tier: Option<String>,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "price", cmd = "get", reply(u32))]
struct GetPrice {
    sku: String,
}

#[service(role = "cart", cmd = "add", effect(idempotent))]
async fn add(msg: AddItem, price: Call<GetPrice>) -> Result<u32, matchbus::Error> {
    Ok(msg.qty * price.call(GetPrice { sku: msg.sku }).await?)
}

#[rustfmt::skip] // as the README has it
mod as_written {
    use super::{add, AddItem, GetPrice};

// README
use matchbus::testing::TestBus;

#[tokio::test]
async fn a_cart_asks_for_the_price() {
    let test = TestBus::of(matchbus::services![add, ..]) // `..`: what it calls is elsewhere
        .replace(|_: GetPrice| async { 7 })
        .start();
    assert_eq!(test.call(AddItem { sku: "tea".into(), qty: 3, tier: None }).await.unwrap(), 21);
    assert_eq!(test.recorded::<GetPrice>()[0].sku, "tea");
}
// end
}

#[test]
fn the_readme_shows_what_was_run() {
    let here = include_str!("readme.rs");
    let (_, rest) = here.split_once("// README\n").expect("the mark above");
    let (block, _) = rest.split_once("// end\n").expect("the mark above");
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(&format!("```rust,ignore\n{block}```\n")),
        "README.md does not have this block:\n{block}"
    );
}
