use matchbus::prelude::*;

#[derive(Clone, Copy, Message)]
#[message(role = "cart")]
pub union AddItem {
    a: u32,
}

fn main() {}
