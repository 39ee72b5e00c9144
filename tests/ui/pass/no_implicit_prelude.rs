#![no_implicit_prelude]
#![deny(warnings)]

#[derive(::matchbus::Message, ::serde::Serialize, ::serde::Deserialize)]
#[message(role = "cart", cmd = "add", reply(Page<::std::string::String>), error(Full), context(tier), external)]
pub struct AddItem {
    pub qty: u32,
    #[serde(skip_serializing_if = "zero")]
    pub old: u8,
}

fn zero(n: &u8) -> bool {
    *n == 0
}

#[derive(::matchbus::Message, ::serde::Serialize, ::serde::Deserialize)]
#[message(role = "page")]
pub struct Page<T> {
    pub items: ::std::vec::Vec<T>,
}

#[derive(::matchbus::AppError, ::serde::Serialize, ::serde::Deserialize, ::std::fmt::Debug)]
#[app_error(retryable, status(409))]
pub enum Full {
    Full,
}

impl ::std::fmt::Display for Full {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.write_str("full")
    }
}

impl ::std::error::Error for Full {}

#[::matchbus::service(role = "cart", cmd = "add", effect(dedup), timeout("1s"), rank(1))]
async fn add(msg: AddItem, _: ::matchbus::Meta) -> ::std::result::Result<Page<::std::string::String>, Full> {
    let _ = msg;
    ::std::result::Result::Err(Full::Full)
}

#[::matchbus::service(role = "cart", cmd = "add", tier = "gold")]
async fn gold(msg: &AddItem) -> ::std::result::Result<Page<::std::string::String>, Full> {
    ::std::assert_eq!(msg.qty, 1);
    ::std::result::Result::Err(Full::Full)
}

#[::matchbus::observer(event = "x")]
fn heard() {}

struct Carts;

#[::matchbus::handlers(role = "shop")]
impl Carts {
    #[service(cmd = "a")]
    async fn a(&self, _: ::matchbus::Value) {}

    #[observer(event = "a")]
    fn b(&self, _: &::matchbus::Value) {}
}

::matchbus::registry_test!();

mod program {
    #[::matchbus::main(current_thread)]
    async fn main(app: ::matchbus::App) -> ::matchbus::Result<()> {
        app.run().await
    }

    pub fn run() -> ::std::process::ExitCode {
        main()
    }
}

fn main() {
    let _ = ::matchbus::services![add, gold, heard, Carts];
    let _: fn() -> ::std::process::ExitCode = program::run;
}
