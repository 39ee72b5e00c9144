use matchbus::prelude::*;

#[service(role = "cart", group("cart,price"))]
async fn comma(_: Value) {}

#[service(role = "price", group(" price"))]
async fn space(_: Value) {}

fn main() {}
