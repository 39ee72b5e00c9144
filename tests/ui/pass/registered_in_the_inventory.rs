#![deny(warnings)]
use matchbus::prelude::*;

#[service(role = "cart")]
async fn add(_: Value) {}

mod quiet {
    #[matchbus::observer(event = "x")]
    async fn heard(_: matchbus::Value) {}
}

struct Carts;

#[services(role = "shop")]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, _: Value) {}

    #[service(cmd = "b")]
    async fn b(&self, _: Value) {}
}

fn main() {
    let all = matchbus::__private::inventory::iter::<matchbus::__private::Registration>;
    let mut names: Vec<_> = all.into_iter().flat_map(|registration| registration.list()).map(|info| info.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["Carts::a", "Carts::b", "add", "heard"]);
}
