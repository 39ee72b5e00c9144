#[matchbus::main]
async fn main() {}
