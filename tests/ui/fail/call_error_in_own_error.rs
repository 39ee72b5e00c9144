use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "price", reply(u32), error(PriceError), external)]
struct GetPrice {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", reply(u32), error(CartError))]
struct AddItem {}

#[derive(Debug, AppError, Serialize, Deserialize)]
struct PriceError;

#[derive(Debug, AppError, Serialize, Deserialize)]
struct CartError;

macro_rules! errors {
    ($($t:ident)*) => { $(
        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($t))
            }
        }
        impl std::error::Error for $t {}
    )* };
}
errors!(PriceError CartError);

#[service(role = "cart")]
async fn add(_: AddItem, price: Call<GetPrice>) -> Result<u32, CartError> {
    Ok(price.call(GetPrice {}).await? + 1)
}

fn main() {}
