use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(Cart), context(tier))]
pub struct AddItem {
    pub qty: u32,
}

#[derive(Serialize, Deserialize)]
pub struct Cart {
    pub items: u32,
}

#[service(role = "cart", cmd = "add")]
async fn add(_: AddItem) -> String {
    String::new()
}

#[service(role = "cart", cmd = "add", tier = "gold")]
async fn by_reference(_: &AddItem) -> Result<String, NoError> {
    Ok(String::new())
}

#[service(role = "cart", cmd = "add", tier = "silver")]
fn plain(_: AddItem) -> Option<Cart> {
    None
}

fn main() {}
