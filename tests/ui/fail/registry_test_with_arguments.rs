matchbus::registry_test!(cart);

fn main() {}
