#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", "user-id" = 7, vip = true, open, external, context(tier, "region-id"))]
struct Open {}

#[service(role = "cart", "user-id" = 7, vip = true, anything = "goes")]
async fn open(_: Open) {}

fn main() {
    let info = Open::INFO;
    assert!(info.open && info.external);
    assert_eq!(info.context, ["tier", "region-id"]);
    assert_eq!(info.prefix, r#""role":"cart","user-id":7,"vip":true"#);
    assert_eq!(info.pattern.text, "role:cart,user-id:7,vip:true");
    assert_eq!((info.types)()[1].name, "()");
    let _ = Open {};
}
