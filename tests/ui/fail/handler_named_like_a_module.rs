use matchbus::prelude::*;
mod cart {}
#[service(role = "cart")]
async fn cart(_: Value) {}
fn main() {}
