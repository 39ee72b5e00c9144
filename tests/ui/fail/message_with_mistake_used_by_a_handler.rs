use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add*", reply(u32))]
pub struct AddItem {
    pub qty: u32,
}

#[service(role = "cart", cmd = "add")]
async fn add(msg: AddItem) -> u32 {
    msg.qty
}

fn main() {}
