use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "price", cmd = "get", reply(u64))]
pub struct GetPrice {
    pub sku: String,
}

#[service(role = "cart", cmd = "add")]
async fn add(_: Value, _: Call<GetPrice>) {}

fn main() {
    let _ = matchbus::services![add];
}
