//! Micro-services as annotated functions that find each other by pattern.

mod app;
pub mod bus;
pub mod flow;
pub mod handler;
pub mod message;
pub mod pattern;
pub mod registry;
pub mod router;
pub mod seam;
pub mod testing;

pub use app::App;
pub use bus::Bus;
pub use handler::{Call, Emit, FromContext, Prior, State};
pub use message::{
    AppError, CallError, Error, ErrorReply, Id, Message, Meta, NoError, Outcome, Result, TraceParent,
};
pub use serde_json::Value;

/// Everything a service needs, for `use matchbus::prelude::*`.
pub mod prelude {
    pub use crate::{
        App, AppError, Bus, Call, CallError, Emit, FromContext, Message, Meta, NoError, Outcome, Prior, State, Value,
    };
    #[doc(no_inline)]
    pub use serde::{Deserialize, Serialize};
    #[cfg(feature = "schema")]
    #[doc(no_inline)]
    pub use schemars::JsonSchema;
}

/// What the macros write refers to this and only this. Not an interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::app::{Main, run_main};
    pub use crate::handler::{Accepts, Context, FromContext, Held, Incoming, Input, IntoHeard, Need, Output, Started};
    pub use crate::message::probe::{FallbackKind, FallbackSchema, Probe};
    pub use crate::message::{FieldInfo, MessageInfo, TypeSketch, see_key};
    pub use crate::pattern::{KeyInfo, PatternInfo, Scalar, ValueRef};
    pub use crate::registry::{Effect, Info, Kind, Place, Registration, Services};
    pub use crate::registry::{refuse_conflicts, registry_test};
    pub use inventory;
}
