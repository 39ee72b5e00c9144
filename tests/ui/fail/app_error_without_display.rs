use matchbus::prelude::*;

#[derive(Debug, AppError, Serialize, Deserialize)]
enum CartError {
    Full,
}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", reply(u32), error(CartError))]
struct AddItem {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "order", reply(u32), error(CartError))]
struct PlaceOrder {}

#[service(role = "cart")]
async fn add(_: AddItem) -> Result<u32, CartError> {
    Err(CartError::Full)
}

#[service(role = "order")]
async fn place(_: PlaceOrder, add: Call<AddItem>) -> Result<u32, CallError<CartError>> {
    Ok(add.call(AddItem {}).await?)
}

fn main() {
    let _ = matchbus::services![add, place];
}
