//! What holds of all handlers of the shop, also of those that are written tomorrow.

use matchbus::registry::{self, Effect};
use shop as _;

matchbus::registry_test!();

#[test]
fn unknown_keys_are_ignored() {
    matchbus::testing::must_ignore(&registry::discover());
}

#[test]
fn every_effect_is_declared() {
    let undeclared: Vec<&str> = registry::discover()
        .into_iter()
        .flatten()
        .filter(|info| info.effect == Effect::Undeclared)
        .map(|info| info.name)
        .collect();
    assert!(undeclared.is_empty(), "say `effect(…)`: {undeclared:?}");
}
