use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", event = "added")]
pub struct Added {
    pub sku: String,
}

#[observer(role = "cart", event = "added")]
async fn heard(_: Added) {
    let shared = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(shared);
}

fn main() {}
