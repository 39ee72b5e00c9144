use matchbus::prelude::*;

#[service(grade = 'a')]
async fn handler(_: Value) {}

fn main() {}
