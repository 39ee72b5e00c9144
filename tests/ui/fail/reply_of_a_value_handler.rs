use matchbus::prelude::*;

#[service(role = "cart")]
async fn handler(_: Value) -> String {
    String::new()
}

fn main() {}
