#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added", group("a very long name with spaces; and: punctuation"))]
async fn heard_with_a_rather_long_name_indeed_so_that_lines_break(_: Added) {}

fn main() {}
