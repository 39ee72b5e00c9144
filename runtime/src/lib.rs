//! Micro-services as annotated functions that find each other by pattern.

// The macros name the crate from outside; this crate's own tests use them too.
#[cfg(test)]
#[allow(unused_extern_crates)]
extern crate self as matchbus;

mod app;
pub mod handler;
pub mod message;
pub mod pattern;
pub mod registry;
pub mod router;

pub use app::App;
pub use handler::{Bus, Call, Emit, FromContext, Meta, Prior, State};
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
pub use message::{AppError, CallError, Error, ErrorReply, Message, NoError, Outcome, Result};
pub use serde_json::Value;

/// Everything a service needs, for `use matchbus::prelude::*`.
pub mod prelude {
    pub use crate::{
        App, AppError, Bus, Call, CallError, Emit, FromContext, Message, Meta, NoError, Outcome, Prior,
        State, Value, handlers, observer, service, services,
    };
    #[cfg(feature = "schema")]
    #[doc(no_inline)]
    pub use schemars::JsonSchema;
    #[doc(no_inline)]
    pub use serde::{Deserialize, Serialize};
}

/// What the macros write refers to this and only this. Not an interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::app::{MainOptions, run_main};
    pub use crate::handler::{
        Accepts, Context, FromContext, Held, Incoming, Input, IntoHeard, Need, Output, Started, State,
        answer, answer_now, boxed, hear, hear_now, sendable,
    };
    pub use crate::message::probe::{FallbackKind, FallbackSchema, Probe};
    pub use crate::message::{
        AppError, FieldInfo, FieldKind, Message, MessageInfo, NoError, TypeSketch, see_key, see_key_with,
    };
    pub use crate::pattern::{KeyInfo, PatternInfo, Scalar, ValueRef};
    pub use crate::registry::{
        Effect, Info, Kind, Place, Registration, Services, conflicts, refuse_conflicts, registry_test,
    };
    pub use inventory;
    pub use serde;
    pub use serde_json::Value;
    pub use std::borrow::Cow;
}
