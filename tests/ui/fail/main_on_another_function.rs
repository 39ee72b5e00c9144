use matchbus::prelude::*;

#[matchbus::main]
async fn run(_: App) {}

fn main() {}
