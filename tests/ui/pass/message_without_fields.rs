#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "ping", reply(u64))]
struct Ping {}

#[service(role = "ping")]
async fn ping(Ping {}: Ping) -> u64 {
    1
}

fn main() {
    assert!(Ping::INFO.fields.is_empty());
}
