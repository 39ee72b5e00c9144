use matchbus::prelude::*;

#[service(role = "cart")]
async fn handler<T, const N: usize>(_: Value) {}

fn main() {}
