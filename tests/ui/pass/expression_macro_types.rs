#![deny(warnings)]
#![allow(unused_parens)]
use matchbus::prelude::*;

macro_rules! message {
    () => { Value };
}

#[service(role = "macro")]
async fn from_macro(_: message!()) {}

#[service(role = "paren")]
async fn paren(_: (Value), _: (State<u8>)) {}

#[service(role = "qualified")]
async fn qualified(_: <Value as Alias>::Type) {}

trait Alias {
    type Type;
}

impl Alias for Value {
    type Type = Value;
}

fn main() {}
