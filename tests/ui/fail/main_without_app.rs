use matchbus::prelude::*;

#[matchbus::main]
async fn main() {}
