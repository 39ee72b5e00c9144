#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

#[service((role = "cart", cmd = "add"), (role = "basket", cmd = "put"), tier = "gold", timeout("2s"))]
async fn handler(_: Value) {}

#[observer((event = "added"), (event = "removed"))]
async fn heard(_: Value) {}

fn main() {
    let texts: Vec<_> = info::<handler>().patterns.iter().map(|pattern| pattern.text).collect();
    assert_eq!(texts, ["cmd:add,role:cart,tier:gold", "cmd:put,role:basket,tier:gold"]);
    assert_eq!(info::<heard>().patterns.len(), 2);
}
