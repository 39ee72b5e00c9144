//! A library and a program in one package are two crates.

use matchbus::prelude::*;

#[observer(event = "x")]
pub fn heard(_: &Value) {}
