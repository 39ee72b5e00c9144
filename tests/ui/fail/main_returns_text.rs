use matchbus::prelude::*;

#[matchbus::main]
async fn main(_: App) -> String {
    String::new()
}
