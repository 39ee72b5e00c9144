//! Message types only: such a crate has no handlers and need not be linked for their sake.

use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32))]
pub struct AddItem {
    pub qty: u32,
}
