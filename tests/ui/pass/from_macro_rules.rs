#![deny(warnings)]
use matchbus::prelude::*;

macro_rules! handler {
    ($name:ident, $message:ident, $role:literal, $n:literal, $reply:ty, $value:expr) => {
        #[derive(Message, Serialize, Deserialize)]
        #[message(role = $role, n = $n, reply($reply))]
        pub struct $message {
            pub qty: u32,
        }

        #[service(role = $role, n = $n, timeout("1s"))]
        async fn $name(msg: $message, meta: Option<Meta>) -> $reply {
            drop((msg, meta));
            $value
        }
    };
}

handler!(first, First, "cart", 1, u32, 1);
handler!(second, Second, "cart", -2, Option<String>, None);

macro_rules! by_type {
    ($name:ident, $message:ty, $key:ident, $value:literal) => {
        #[observer(role = "cart", $key = $value)]
        fn $name(_: $message) {}
    };
}

by_type!(third, &Value, event, "x");
by_type!(fourth, Value, event, true);

fn main() {
    let list = matchbus::services![first, second, third, fourth];
    assert_eq!(list[1][0].patterns[0].text, "n:-2,role:cart");
}
