use std::any::TypeId;

use super::Message;
use super::Place;
use crate::pattern::PatternInfo;

/// What the compiler knows about a message type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MessageInfo {
    /// The type's name as written, without generics.
    pub name: &'static str,
    /// `module_path!()` of the type.
    pub module: &'static str,
    /// Where the type stands.
    pub place: Place,
    /// Its doc comment.
    pub doc: &'static str,
    /// The keys every message of this type has.
    pub pattern: PatternInfo,
    /// The same keys as JSON text without braces: `"cmd":"add","role":"cart"`.
    #[doc(hidden)]
    pub prefix: &'static str,
    /// The fields, by their JSON names.
    pub fields: &'static [FieldInfo],
    /// Whether more keys than the fields may be routed on: `open`, or a flattened field.
    pub open: bool,
    /// Keys that callers may add and handlers may route on, though they are no fields: `context(tier)`.
    pub context: &'static [&'static str],
    /// Answered outside of what this program can see.
    pub external: bool,
    /// Type, reply and error: names and schemas.
    pub types: fn() -> [TypeSketch; 3],
    /// Identity of the Rust type.
    #[doc(hidden)]
    pub type_id: TypeId,
    /// Whether bytes can be read as a message of this type.
    #[doc(hidden)]
    pub try_read: fn(&[u8]) -> Result<(), String>,
}

/// A field of a message type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FieldInfo {
    /// Its name in JSON.
    pub name: &'static str,
    /// What a pattern can say of it.
    pub kind: FieldKind,
}

/// What kind of value a field has, as far as patterns are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Text.
    Str,
    /// An integer.
    Int,
    /// A boolean.
    Bool,
    /// A floating-point number, list or map: no pattern value can equal it.
    Never,
    /// Some other type, such as an `enum` that is written as text; decided when a message comes.
    Unknown,
}

/// A type's name and, with the feature `schema`, its JSON Schema.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TypeSketch {
    /// `std::any::type_name`.
    pub name: &'static str,
    /// The JSON Schema, if the type implements `schemars::JsonSchema` and the feature is on.
    pub schema: Option<serde_json::Value>,
}

impl FieldInfo {
    #[doc(hidden)]
    pub const fn new(name: &'static str, kind: FieldKind) -> Self {
        FieldInfo { name, kind }
    }
}

impl TypeSketch {
    #[doc(hidden)]
    pub fn new(name: &'static str, schema: Option<serde_json::Value>) -> Self {
        TypeSketch { name, schema }
    }
}

impl MessageInfo {
    /// For the macros: the least there is to say; the rest by the `with_…` functions.
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    pub const fn new<M: Message>(
        name: &'static str,
        module: &'static str,
        place: Place,
        doc: &'static str,
        pattern: PatternInfo,
        prefix: &'static str,
        fields: &'static [FieldInfo],
        types: fn() -> [TypeSketch; 3],
    ) -> Self {
        let try_read =
            |bytes: &[u8]| serde_json::from_slice::<M>(bytes).map(drop).map_err(|cause| cause.to_string());
        let about = (name, module, place, doc);
        Self::of_type(about, pattern, prefix, fields, types, TypeId::of::<M>(), try_read)
    }

    /// As `new`, for tests that have no type.
    #[doc(hidden)]
    pub const fn of_type(
        (name, module, place, doc): (&'static str, &'static str, Place, &'static str),
        pattern: PatternInfo,
        prefix: &'static str,
        fields: &'static [FieldInfo],
        types: fn() -> [TypeSketch; 3],
        type_id: TypeId,
        try_read: fn(&[u8]) -> Result<(), String>,
    ) -> Self {
        MessageInfo {
            name,
            module,
            place,
            doc,
            pattern,
            prefix,
            fields,
            open: false,
            context: &[],
            external: false,
            types,
            type_id,
            try_read,
        }
    }

    #[doc(hidden)]
    pub const fn with_open(mut self) -> Self {
        self.open = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_external(mut self) -> Self {
        self.external = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_context(mut self, context: &'static [&'static str]) -> Self {
        self.context = context;
        self
    }
}
