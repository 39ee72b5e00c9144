//! The behaviours that every transport of matchbus is held to, as tests to run over yours.
//!
//! One line in a test file makes a module with a test for each behaviour, so that a failure says
//! `tcp::cancellation_reaches_the_far_handler`:
//!
//! ```
//! use matchbus::transport::{Transport, Url};
//! use matchbus_conformance::{Subject, suite};
//! # #[derive(Debug)] struct MyTransport;
//! # impl MyTransport { fn new() -> Self { MyTransport } }
//! # impl Transport for MyTransport {
//! #     fn schemes(&self) -> &'static [&'static str] { &["mine"] }
//! #     fn connect(&self, url: &Url) -> matchbus::Result<std::sync::Arc<dyn matchbus::transport::Link>> {
//! #         Err(matchbus::Error::wrong_url(url, "only an example"))
//! #     }
//! #     fn listen<'a>(&'a self, url: &'a Url, _: matchbus::transport::Door)
//! #     -> matchbus::handler::BoxFuture<'a, matchbus::Result<matchbus::transport::Listener>> {
//! #         Box::pin(async move { Err(matchbus::Error::wrong_url(url, "only an example")) })
//! #     }
//! # }
//!
//! suite!(mine: Subject::of(MyTransport::new(), || "mine://localhost:0".to_owned()),
//!     promises: [processes, broadcast, ordered, cancels]);
//! # fn main() {}
//! ```
//!
//! # Promises
//!
//! What every way to a handler keeps is always tested. The rest is what a transport may or may not promise; the list
//! states it, and what it states is tested:
//!
//! | promise | |
//! |---|---|
//! | `processes` | The far side is another process, of which there may be several, that may die and come back, and that exposes only some of its handlers. |
//! | `broadcast` | A published message goes to every group of observers, once to each. |
//! | `ordered` | What one sender sends to one handler, one message after the other, arrives in this order. |
//! | `cancels` | When a caller goes away, the handler that works for it is dropped. |
//!
//! Bus, listeners and links of a behaviour are its own, in a runtime of its own with real time; behaviours wait for events
//! and never for a time to pass. One that hangs is ended after [a minute](run) and says so.

pub mod behaviour;
mod run;
mod seen;
pub mod services;
mod subject;
mod suite;
mod world;

pub use run::run;
pub use seen::Seen;
pub use subject::Subject;
pub use world::{Far, Way, World};
