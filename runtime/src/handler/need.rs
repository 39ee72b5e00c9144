use std::any::TypeId;

use crate::message::MessageInfo;

/// Something that a handler's arguments ask for, known before anything runs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Need {
    /// A state of this type.
    State {
        /// Identity of the type.
        id: TypeId,
        /// Its name.
        name: fn() -> &'static str,
        /// Whether the handler can do without.
        optional: bool,
    },
    /// It calls this message.
    Calls(&'static MessageInfo),
    /// It publishes or sends this message.
    Emits(&'static MessageInfo),
    /// It calls what would have answered without it.
    Prior {
        /// Whether the handler can do without.
        optional: bool,
    },
    /// It may send anything: the flow graph cannot know what.
    Anything,
}
