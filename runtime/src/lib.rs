//! Micro-services as annotated functions that find each other by pattern.

pub mod handler;
pub mod message;
pub mod pattern;
pub mod registry;

pub use handler::{Bus, Call, Emit, FromContext, Meta, Prior, State};
pub use message::{AppError, CallError, Error, ErrorReply, Message, NoError, Outcome, Result};
pub use serde_json::Value;

/// Everything a service needs, for `use matchbus::prelude::*`.
pub mod prelude {
    pub use crate::{
        AppError, Bus, Call, CallError, Emit, FromContext, Message, Meta, NoError, Outcome, Prior, State, Value,
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
    pub use crate::handler::{Accepts, Context, FromContext, Held, Incoming, Input, IntoHeard, Need, Output, Started};
    pub use crate::message::probe::{FallbackKind, FallbackSchema, Probe};
    pub use crate::message::{FieldInfo, MessageInfo, TypeSketch, see_key};
    pub use crate::pattern::{KeyInfo, PatternInfo, Scalar, ValueRef};
    pub use crate::registry::{Effect, Info, Kind, Place, Registration, Services};
    pub use crate::registry::{conflicts, refuse_conflicts, registry_test};
    pub use inventory;
}
