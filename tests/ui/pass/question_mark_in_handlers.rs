#![deny(warnings)]
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = "price", reply(u32), external)]
struct GetPrice {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "stock", reply(u32), error(StockError), external)]
struct Reserve {}

#[derive(Message, Serialize, Deserialize)]
#[message(event = "added")]
struct Added {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "cart", cmd = "add", reply(u32), error(CartError), context(tier))]
struct AddItem {}

#[derive(Message, Serialize, Deserialize)]
#[message(role = "order", cmd = "place", reply(u32), error(OrderError))]
struct PlaceOrder {}

#[derive(Debug, AppError, Serialize, Deserialize)]
struct StockError;

#[derive(Debug, AppError, Serialize, Deserialize)]
enum CartError {
    Full,
    NoStock,
}

#[derive(Debug, AppError, Serialize, Deserialize)]
struct OrderError(String);

/// Another type's own way in; and none of these stands in the way of what the derive writes.
#[derive(Debug, AppError, Serialize, Deserialize)]
struct ByHand<T: std::fmt::Debug>(T);

macro_rules! errors {
    ($($t:ident)*) => { $(
        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self:?}")
            }
        }
        impl std::error::Error for $t {}
    )* };
}
errors!(StockError CartError OrderError);

impl<T: std::fmt::Debug> std::fmt::Display for ByHand<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
impl<T: std::fmt::Debug> std::error::Error for ByHand<T> {}

impl From<StockError> for CartError {
    fn from(_: StockError) -> Self {
        CartError::NoStock
    }
}

impl From<CallError<StockError>> for ByHand<u8> {
    fn from(_: CallError<StockError>) -> Self {
        ByHand(1)
    }
}

impl matchbus::FromCall for OrderError {
    fn from_call(error: matchbus::Error) -> Self {
        OrderError(error.to_string())
    }
}

fn room() -> Result<u32, CartError> {
    Err(CartError::Full)
}

/// The third form of return: `?` on its own errors, on calls, on what is published.
#[service(role = "cart", cmd = "add")]
async fn add(
    _: AddItem,
    price: Call<GetPrice>,
    stock: Call<Reserve>,
    added: Emit<Added>,
) -> Result<u32, CallError<CartError>> {
    let room = room()?;
    let price = price.call(GetPrice {}).await?;
    stock.call(Reserve {}).await.map_err(CallError::lift)?;
    added.publish(Added {}).await?;
    Ok(room + price)
}

#[service(role = "cart", cmd = "add", tier = "gold")]
async fn add_gold(msg: AddItem, prior: Prior<AddItem>) -> Result<u32, CallError<CartError>> {
    Ok(prior.call(msg).await? + 1)
}

/// The handler's own error alone, which says what a failed call becomes.
#[service(role = "order", cmd = "place")]
async fn place(_: PlaceOrder, cart: Call<AddItem>, price: Call<GetPrice>) -> Result<u32, OrderError> {
    Ok(cart.call(AddItem {}).await? + price.call(GetPrice {}).await?)
}

#[observer(event = "added")]
async fn heard(_: Added, price: Call<GetPrice>) -> Result<(), CallError<CartError>> {
    room()?;
    price.call(GetPrice {}).await?;
    Ok(())
}

fn by_hand(stock: Result<u32, CallError<StockError>>) -> Result<u32, ByHand<u8>> {
    Ok(stock?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = Bus::builder().services(matchbus::services![add, add_gold, place, heard, ..]).in_part().start().unwrap();
    let full = bus.call(AddItem {}).await.unwrap_err();
    assert!(matches!(full, CallError::App(CartError::Full)), "{full}");
    let failed = bus.call(PlaceOrder {}).await.unwrap_err();
    assert!(failed.to_string().contains("Full"), "{failed}");
    assert_eq!(by_hand(Ok(1)).unwrap(), 1);
    assert!(by_hand(Err(CallError::App(StockError))).is_err());
}
