use matchbus::prelude::*;

struct Plain;

#[service(role = "cart", cmd = "add")]
async fn add(_: Plain) {}

#[observer(role = "cart", event = "added")]
fn heard(_: &Plain) {}

fn main() {}
