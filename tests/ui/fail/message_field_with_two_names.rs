use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(rename_all(serialize = "camelCase", deserialize = "kebab-case"))]
pub struct AddItem {
    #[serde(rename(serialize = "a", deserialize = "b"))]
    pub qty: u32,
}

fn main() {}
