//! Micro-services as annotated functions that find each other by pattern.
//!
//! A function says which messages it answers; a message goes to the function whose named keys have the message's
//! values; keys nobody asked about are ignored.
//!
//! ```
//! use matchbus::prelude::*;
//!
//! #[derive(Message, Serialize, Deserialize)]
//! #[message(role = "greet", reply(String))]
//! struct Greet { name: String, language: Option<String> }
//!
//! #[service(role = "greet")]
//! fn greet(msg: Greet) -> String {
//!     format!("Hello, {}!", msg.name)
//! }
//!
//! /// A special case: more keys win, and what exists is not touched.
//! #[service(role = "greet", language = "fr")]
//! fn greet_in_french(msg: Greet) -> String {
//!     format!("Bonjour, {} !", msg.name)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bus = Bus::with(matchbus::services![greet, greet_in_french])?;
//! let ann = |language: Option<&str>| Greet { name: "Ann".into(), language: language.map(str::to_owned) };
//! assert_eq!(bus.call(ann(None)).await?, "Hello, Ann!");
//! assert_eq!(bus.call(ann(Some("fr"))).await?, "Bonjour, Ann !");
//! // The same in JSON, for what is known only when the program runs.
//! let reply = bus.act_bytes(br#"{"role":"greet","name":"Bo","mood":"sunny"}"#).await?;
//! assert_eq!(reply, br#""Hello, Bo!""#);
//! # Ok(()) }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | messages, their replies and errors | [`Message`](derive@Message), [`AppError`](derive@AppError) |
//! | handlers | [`service`], [`observer`], [`handlers`] (in the prelude: `services`) |
//! | what a handler may take | [`State`], [`Call`], [`Emit`], [`Prior`], [`Meta`], [`Bus`], [`FromContext`] |
//! | a bus | [`Bus`], [`Builder`](bus::Builder), [`services!`] |
//! | a program | [`macro@main`], [`App`] |
//! | what can go wrong | [`CallError`], [`Outcome`], [`Error`] |
//! | tests | [`testing`], [`registry_test!`] |
//! | which handler wins, and why | [`router`], [`pattern`], [`Bus::explain`] |
//! | who answers what, as data | [`registry::Catalogue`] |
//! | other processes | [`transport`], [`Bus::listen`], [`Bus::connect`], [`bus::Route`] |
//! | how many messages | [`flow`], [`Bus::flows`] |
//!
//! # Syntax of the attributes
//!
//! One rule: `key = value` is always a key of the pattern, and `option` or `option(…)` always an option. A key that is no
//! identifier is a string: `"user-id" = 1`. Values are strings, integers and booleans; a string with `*` or `?` is a
//! glob, and `"*"` means that the key is present.
//!
//! # Which handler wins
//!
//! The one with the most keys; then the higher `rank(N)`; then more exact values; then the alphabetically first list of
//! keys (rule M3). The order of registration never matters. Two patterns that could tie are refused by the checks
//! unless one says `rank`.
//!
//! # Linking
//!
//! Handlers register themselves when they are linked, and Rust links a crate only if something of it is used. A binary
//! that names a crate of handlers only in `Cargo.toml` has none of them; `use cart_service as _;` is enough. A program
//! under [`macro@main`] refuses to start without, and the lint `unused_crate_dependencies` finds it earlier. An
//! explicit list, [`services!`], needs no registration and works where there is none, such as on WebAssembly.
//!
//! Tests of one crate share what is registered, so build their buses from lists. Doc tests of edition 2024 are compiled
//! into one program; mark those that discover handlers `standalone_crate`.
//!
//! # Words
//!
//! A **service** is a module of handlers, or a `group(…)`: what a process mounts as a whole. A **pin** is a pattern that stands
//! for all messages that match it, such as `role:cart,cmd:*`. A **catalogue** says which patterns a process answers, as
//! data. A **peer** is another process; a **link** is the way to one. The **effect** of a handler says what running it
//! twice would do. An **outcome** says whether a message ran: *done*, *not done* or *unknown*. A **flow** is the messages
//! of one pattern, counted.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `http` | no | [`transport::http`]: plain JSON, Seneca over HTTP, health, metrics |
//! | `routes` | no | route tables from TOML files: [`bus::Route`], `--routes`; a route of flags or code needs no feature |
//! | `schema` | no | JSON Schemas in the catalogue, for types that derive `schemars::JsonSchema` |
//! | `tcp` | no | [`transport::tcp`]: lines of JSON in Seneca's frames |
//! | `tls` | no | `https://` and `tcps://`: own CA, mutual TLS; only with `http` or `tcp` |
//! | `virtual-time` | no | `testing::virtual_time` |

// The macros name the crate from outside; this crate's own tests use them too.
#[cfg(test)]
#[allow(unused_extern_crates)]
extern crate self as matchbus;

mod app;
pub mod bus;
mod by_name;
pub mod flow;
pub mod handler;
mod list;
pub mod message;
pub mod pattern;
pub mod registry;
pub mod router;
pub mod seam;
mod sort;
pub mod testing;
pub mod transport;

pub use app::App;
pub use bus::Bus;
pub use handler::{Call, Emit, FromContext, Prior, State};
#[doc = include_str!("../docs/app_error.md")]
pub use matchbus_macros::AppError;
#[doc = include_str!("../docs/message.md")]
pub use matchbus_macros::Message;
#[doc = include_str!("../docs/handlers.md")]
pub use matchbus_macros::handlers;
#[doc = include_str!("../docs/main.md")]
pub use matchbus_macros::main;
#[doc = include_str!("../docs/observer.md")]
pub use matchbus_macros::observer;
#[doc = include_str!("../docs/registry_test.md")]
pub use matchbus_macros::registry_test;
#[doc = include_str!("../docs/service.md")]
pub use matchbus_macros::service;
#[doc = include_str!("../docs/services.md")]
pub use matchbus_macros::services;
#[doc(hidden)]
pub use message::HasText;
pub use message::{
    AppError, CallError, Error, ErrorReply, FromCall, Id, Lifted, Message, MessageError, Meta, NoError,
    Outcome, Receipt, Result, TraceParent,
};
pub use serde_json::Value;

/// Everything a service needs, for `use matchbus::prelude::*`.
pub mod prelude {
    pub use crate::{
        App, AppError, Bus, Call, CallError, Emit, FromContext, Message, Meta, NoError, Outcome, Prior,
        State, Value, observer, service,
    };
    /// The attribute for an `impl` block of handlers. By path it is `#[matchbus::handlers]`, since
    /// `matchbus::services!` is the list; `use matchbus::services;` beside this prelude gives both names.
    pub use matchbus_macros::handlers as services;
    #[cfg(feature = "schema")]
    #[doc(no_inline)]
    pub use schemars::JsonSchema;
    #[doc(no_inline)]
    pub use serde::{Deserialize, Serialize};
}

/// What the macros write refers to this and only this. Not an interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::app::{Ended, MainOptions, run_main};
    pub use crate::handler::{
        Accepts, Context, FromContext, Held, Incoming, Input, IntoHeard, Need, Output, Started, State,
        Stopped, answer, answer_now, hear, hear_now, sendable, serve, serve_now,
    };
    pub use crate::message::probe::{FallbackKind, FallbackSchema, Probe};
    pub use crate::message::{
        AppError, CallError, Error, FieldInfo, FieldKind, FromCall, Message, MessageError, MessageInfo,
        NoError, TypeSketch, see_key, see_key_with,
    };
    pub use crate::pattern::{KeyInfo, PatternInfo, Scalar, ValueRef};
    pub use crate::registry::{
        Annotated, Effect, Info, Kind, Place, Registration, Services, conflicts, refuse_conflicts,
        refuse_conflicts_in_part, registry_test,
    };
    pub use inventory;
    pub use serde;
    pub use serde_json::Value;
    pub use std::borrow::Cow;
}

/// The README's programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
