use matchbus::prelude::*;

#[derive(Message)]
#[message(role = "cart")]
pub struct AddItem {
    pub qty: u32,
}

fn main() {}
