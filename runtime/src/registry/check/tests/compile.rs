//! The check as the compiler runs it.

use super::build::shim;
use crate::pattern::{KeyInfo, PatternInfo, ValueRef};
use crate::registry::check::hash::fnv1a;
use crate::registry::{Info, Kind, Place, refuse_conflicts, registry_test};

macro_rules! pattern {
    ($text:literal: $($name:literal = $value:literal as $pair:literal),*) => {
        PatternInfo::new(
            const { &[$(KeyInfo::new($name, ValueRef::Str($value), fnv1a($name), fnv1a($pair))),*] },
            $text,
        )
    };
}

const fn service(patterns: &'static [PatternInfo], name: &'static str, line: u32) -> Info {
    let place = Place::new("src/cart.rs", line);
    Info::new(Kind::Service, patterns, name, "shop::cart", place, "", None, &[], shim)
}

const ADD: &[PatternInfo] =
    &[pattern!("cmd:add,role:cart": "cmd" = "add" as "cmd:add", "role" = "cart" as "role:cart")];
const VIP: &[PatternInfo] =
    &[pattern!("role:cart,user:vip": "role" = "cart" as "role:cart", "user" = "vip" as "user:vip")];
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
