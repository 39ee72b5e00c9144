use matchbus::prelude::*;

#[service(grade = 'a')]
async fn handler(_: Value) {}

#[service(grade = '*', mark = '\u{1}')]
async fn another(_: Value) {}

fn main() {}
