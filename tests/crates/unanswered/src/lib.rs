//! Calls what nobody here answers; its test must not pass.

use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "price", cmd = "get", reply(u64))]
pub struct GetPrice {}

#[service(role = "cart", cmd = "add")]
async fn add(_: Value, _: Call<GetPrice>) {}

matchbus::registry_test!();
