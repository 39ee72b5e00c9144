use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart")]
#[serde(from = "Other", into = "Other")]
pub struct AddItem {
    pub qty: u32,
}

#[derive(Serialize, Deserialize)]
pub struct Other {
    pub n: u32,
}

impl From<Other> for AddItem {
    fn from(other: Other) -> Self {
        AddItem { qty: other.n }
    }
}

impl From<AddItem> for Other {
    fn from(item: AddItem) -> Self {
        Other { n: item.qty }
    }
}

impl Clone for AddItem {
    fn clone(&self) -> Self {
        AddItem { qty: self.qty }
    }
}

fn main() {}
