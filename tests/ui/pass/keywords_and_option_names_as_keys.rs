#![deny(warnings)]
use matchbus::prelude::*;

#[service(type = "a", timeout = "1", rank = 2, crate = true, group = "g", overrides = false, effect = "read")]
async fn handler(_: Value) {}

fn main() {
    let info = &<handler as matchbus::registry::Services>::LIST[0];
    assert_eq!(info.patterns[0].text, "crate:true,effect:read,group:g,overrides:false,rank:2,timeout:\"1\",type:a");
    assert!(info.timeout.is_none() && !info.ranked && !info.overrides && info.group.is_none());
}
