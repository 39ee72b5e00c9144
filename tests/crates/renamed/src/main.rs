//! Knows matchbus by another name.
#![deny(warnings)]

use mb::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32), error(Full))]
struct AddItem {
    qty: u32,
}

#[derive(Debug, AppError, Serialize, Deserialize)]
struct Full {}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

#[service(role = "cart", cmd = "add")]
async fn add(msg: AddItem) -> Result<u32, Full> {
    Ok(msg.qty)
}

struct Carts;

#[services(role = "shop")]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, _: Value) {}
}

mb::registry_test!();

fn main() {
    let list = mb::services![add, Carts];
    println!("{}", list[0][0].patterns[0].text);
}
