#![deny(warnings)]
//! The user's own names are in nobody's way.

mod core {}
mod std {}
mod alloc {}
mod matchbus {}

#[allow(dead_code)]
type Option = ();
#[allow(dead_code)]
type Result = ();
#[allow(dead_code)]
struct Box;
#[allow(dead_code)]
trait Send {}

#[::matchbus::service(role = "cart")]
async fn add(input: ::matchbus::Value, cx: ::matchbus::Meta, out: ::matchbus::Bus) {
    let _ = (input, cx, out);
}

// Named like the locals of the code that is written beside it.
#[::matchbus::service(role = "input")]
async fn input(held: ::matchbus::Value) {
    let _ = held;
}

#[::matchbus::service(role = "out")]
fn out(a0: &::matchbus::Value, _: ::matchbus::Meta) {
    let _ = a0;
}

#[::matchbus::service(role = "cx")]
async fn cx(state: ::matchbus::State<i32>) {
    let _ = state;
}

#[::matchbus::service(role = "call")]
async fn call() {}

#[derive(::matchbus::Message, ::serde::Serialize, ::serde::Deserialize)]
#[message(role = "x")]
struct X {
    see: i32,
    index: i32,
}

fn main() {
    let _ = X { see: 1, index: 2 };
}
