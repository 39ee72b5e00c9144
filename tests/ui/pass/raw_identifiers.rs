#![deny(warnings)]
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

pub mod r#type {
    #[matchbus::service(role = "cart", cmd = "add")]
    pub async fn r#match(r#in: crate::AddItem) -> crate::Cart {
        crate::Cart { items: r#in.qty }
    }
}

#[derive(Message, Serialize, Deserialize)]
#[message(r#type = "raw", context(r#as))]
pub struct Raw {
    pub r#mod: String,
}

#[service(r#type = "raw", r#mod = "x", r#as = 1)]
async fn raw(_: Raw) {}

fn main() {
    let list = matchbus::services![r#type::r#match, raw];
    assert_eq!(list[0][0].name, "match");
    assert_eq!(list[1][0].patterns[0].text, "as:1,mod:x,type:raw");
    assert_eq!(Raw::INFO.fields[0].name, "mod");
}
