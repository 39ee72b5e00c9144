#![deny(warnings)]
use matchbus::prelude::*;

fn info<T: matchbus::registry::Services>() -> &'static matchbus::registry::Info {
    &T::LIST[0]
}

#[service(n = 1)]
async fn number(_: Value) {}

#[service(n = "1")]
async fn digits(_: Value) {}

#[service(n = true)]
async fn boolean(_: Value) {}

#[service(n = "true")]
async fn word(_: Value) {}

#[service(n = "a b")]
async fn space(_: Value) {}

#[service(n = "a_b")]
async fn underscore(_: Value) {}

#[service(n = "*")]
async fn any(_: Value) {}

#[service(n = "**")]
async fn star(_: Value) {}

#[service(n = "")]
async fn empty(_: Value) {}

#[service(a = "b_and_c_is_d")]
async fn joined(_: Value) {}

#[service(a = "b", c = "d")]
async fn apart(_: Value) {}

#[service(n = "é")]
async fn accent(_: Value) {}

#[service(n = "Add")]
async fn upper(_: Value) {}

#[service(n = "add")]
async fn lower(_: Value) {}

fn main() {
    assert_eq!(info::<digits>().patterns[0].text, "n:\"1\"");
    assert_eq!(info::<star>().patterns[0].text, "n:\"*\"");
}
