//! The check as the compiler runs it.

use super::build::shim;
use crate::pattern::{KeyInfo, ValueRef};
use crate::registry::check::hash::fnv1a;
use crate::registry::{Info, Kind, refuse_conflicts, registry_test};

type Keys = (&'static [KeyInfo], &'static str);

macro_rules! keys {
    ($text:literal: $($name:literal = $value:literal as $pair:literal),*) => {
        (&[$(KeyInfo::new($name, ValueRef::Str($value), fnv1a($name), fnv1a($pair))),*], $text)
    };
}

const fn service((keys, text): Keys, name: &'static str, line: u32) -> Info {
    Info::new(Kind::Service, keys, text, name, "shop::cart", "src/cart.rs", line, "", None, shim)
}

const ADD: Keys = keys!("cmd:add,role:cart": "cmd" = "add" as "cmd:add", "role" = "cart" as "role:cart");
const VIP: Keys = keys!("role:cart,user:vip": "role" = "cart" as "role:cart", "user" = "vip" as "user:vip");
const CART: &[Info] = &[service(ADD, "add", 3)];
const SHOP: &[Info] = &[service(VIP, "vip", 8).with_rank(1)];

const _: () = refuse_conflicts(&[CART, SHOP]);
const _: () = refuse_conflicts(&[]);

#[test]
#[should_panic(expected = "two handlers have the pattern `cmd:add,role:cart`\n  \
                           - shop::cart::add (src/cart.rs:3)\n  - shop::cart::insert (src/cart.rs:9)\n")]
fn refused() {
    refuse_conflicts(&[CART, SHOP, &[service(ADD, "insert", 9)]]);
}

#[test]
fn nothing_is_registered_here() {
    assert_eq!(registry_test(), Ok(()));
}
