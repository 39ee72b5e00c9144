//! The attributes of matchbus. They are documented where users meet them: at their re-exports in `matchbus`.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

mod app_error;
mod attribute;
mod attrs;
mod block;
mod crate_path;
mod errors;
mod externs;
mod function;
mod handler;
mod list;
mod main_fn;
mod message;
mod pattern;
mod registry_test;
mod spans;
mod suggest;
#[cfg(test)]
mod testing;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::attribute(handler::Kind::Service, arguments.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn observer(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::attribute(handler::Kind::Observer, arguments.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn handlers(arguments: TokenStream, item: TokenStream) -> TokenStream {
    block::attribute(arguments.into(), item.into()).into()
}

#[proc_macro]
pub fn services(list: TokenStream) -> TokenStream {
    list::expand(list.into()).into()
}

#[proc_macro_derive(Message, attributes(message))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    message::derive(input.into()).into()
}

#[proc_macro_derive(AppError, attributes(app_error))]
pub fn derive_app_error(input: TokenStream) -> TokenStream {
    app_error::derive(input.into()).into()
}

#[proc_macro]
pub fn registry_test(arguments: TokenStream) -> TokenStream {
    registry_test::expand(arguments.into()).into()
}

#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::attribute(arguments.into(), item.into()).into()
}
