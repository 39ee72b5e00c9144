use matchbus::prelude::*;

matchbus::registry_test!(cart);

fn main() {}
