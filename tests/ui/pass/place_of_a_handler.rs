#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

mod inner {
    #[matchbus::service(role = "cart")]
    pub async fn handler(_: matchbus::Value) {}
}

struct Carts;

#[services(role = "shop")]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, _: Value) {}

    /// Docs.
    #[service(cmd = "b")]
    async fn b(&self, _: Value) {}
}

fn main() {
    let info = info::<inner::handler>();
    assert!(info.module.ends_with("::inner"));
    assert_eq!(info.service(), "inner");
    assert!(info.place.file.ends_with("place_of_a_handler.rs"));
    assert_eq!(info.place.line, 9);
    let list = <Carts as matchbus::registry::Services>::LIST;
    assert_eq!([list[0].place.line, list[1].place.line], [17, 21]);
    assert_eq!([list[0].name, list[1].name], ["Carts::a", "Carts::b"]);
    assert_eq!(list[1].doc, "Docs.");
}
