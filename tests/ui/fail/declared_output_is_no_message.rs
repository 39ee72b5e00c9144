use matchbus::prelude::*;

struct GetPrice;

#[service(role = "cart")]
async fn handler(_: Value, _: Call<GetPrice>) {}

fn main() {}
