use matchbus::prelude::*;

#[matchbus::main]
fn main(app: App) {
    drop(app);
}
