//! Handlers in a private module.

mod cart {
    use contracts::AddItem;
    use matchbus::prelude::*;

    #[service(role = "cart", cmd = "add")]
    pub async fn add(msg: AddItem) -> u32 {
        msg.qty
    }
}

pub use cart::add;
