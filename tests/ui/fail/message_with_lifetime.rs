use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
pub struct AddItem<'a> {
    pub sku: &'a str,
}

fn main() {}
