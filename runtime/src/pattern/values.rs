use std::borrow::Cow;
use std::fmt;

use super::{Compare, Glob, NumberText, Scalar, ValueRef, glob, text};

/// The value a pattern gives to a key.
///
/// A text with `*` or `?` becomes a glob; use [`Value::text`] for the text itself.
///
/// ```
/// use matchbus::pattern::Value;
///
/// assert_eq!(Value::from("a*").to_string(), "a*");
/// assert_eq!(Value::text("a*").to_string(), "\"a*\"");
/// assert_eq!(Value::from("a**"), Value::text("a*"));
/// assert_eq!(Value::from("1").to_string(), "\"1\"");
/// assert_eq!(Value::from(1).to_string(), "1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Exactly this text; borrowed where it stands in the program.
    Str(Cow<'static, str>),
    /// Exactly this integer.
    Int(i64),
    /// Exactly this boolean.
    Bool(bool),
    /// Text that fits this glob; `*` is "present", whatever the value.
    Glob(Glob),
}

impl Value {
    /// A text, taken literally also where it has `*` or `?`.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Value::Str(Cow::Owned(text.into().into()))
    }

    /// A value that stands in the program: nothing is copied.
    pub(crate) fn in_program(value: ValueRef<'static>) -> Self {
        match value {
            ValueRef::Str(text) => Value::Str(Cow::Borrowed(text)),
            other => Value::from(other),
        }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Str(s) => ValueRef::Str(s),
            Value::Int(n) => ValueRef::Int(*n),
            Value::Bool(b) => ValueRef::Bool(*b),
            Value::Glob(g) => ValueRef::Glob(g.source()),
        }
    }

    /// Whether this is a glob.
    pub fn is_glob(&self) -> bool {
        matches!(self, Value::Glob(_))
    }

    /// Whether a message's value has this value, or fits this glob.
    pub fn fits(&self, compare: Compare, value: Scalar<'_>) -> bool {
        self.as_ref().fits(compare, value)
    }
}

impl ValueRef<'_> {
    /// Whether a message's value has this value, or fits this glob.
    pub fn fits(self, compare: Compare, value: Scalar<'_>) -> bool {
        match (self, compare) {
            (ValueRef::Glob(source), Compare::Typed) => {
                source == "*" || matches!(value, Scalar::Str(s) if glob::fits(source, s))
            }
            (ValueRef::Glob(source), Compare::Text) => {
                value != Scalar::Null
                    && (source == "*" || value.with_text(|t| t.is_some_and(|t| glob::fits_utf16(source, t))))
            }
            (ValueRef::Str(a), Compare::Typed) => matches!(value, Scalar::Str(b) if a == b),
            (ValueRef::Int(a), Compare::Typed) => matches!(value, Scalar::Int(b) if a == b),
            (ValueRef::Bool(a), Compare::Typed) => matches!(value, Scalar::Bool(b) if a == b),
            (ValueRef::Str(a), Compare::Text) => value.with_text(|t| t == Some(a)),
            (ValueRef::Int(a), Compare::Text) => value.with_text(|t| t == Some(NumberText::from(a).as_str())),
            (ValueRef::Bool(a), Compare::Text) => value.with_text(|t| t == Some(bool_text(a))),
        }
    }

    /// The value as a scalar of a message; none for a glob.
    pub(crate) fn scalar(&self) -> Option<Scalar<'_>> {
        match *self {
            ValueRef::Str(s) => Some(Scalar::Str(s)),
            ValueRef::Int(n) => Some(Scalar::Int(n)),
            ValueRef::Bool(b) => Some(Scalar::Bool(b)),
            ValueRef::Glob(_) => None,
        }
    }
}

impl Scalar<'_> {
    /// Calls `f` with the text that [`Compare::Text`] compares; none for a list, whose elements are not here.
    pub(crate) fn with_text<R>(self, f: impl FnOnce(Option<&str>) -> R) -> R {
        match self {
            Scalar::Str(s) => f(Some(s)),
            Scalar::Int(n) => f(Some(NumberText::from(n).as_str())),
            Scalar::Float(n) => f(Some(NumberText::from(n).as_str())),
            Scalar::Bool(b) => f(Some(bool_text(b))),
            Scalar::Null => f(Some("null")),
            Scalar::Object => f(Some("[object Object]")),
            Scalar::List => f(None),
        }
    }
}

pub(crate) fn bool_text(b: bool) -> &'static str {
    if b { "true" } else { "false" }
}

impl fmt::Display for Value {
    /// Writes the canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_value(f, self.as_ref())
    }
}

impl fmt::Display for ValueRef<'_> {
    /// Writes the canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_value(f, *self)
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Str(s) => Value::text(s),
            ValueRef::Int(n) => Value::Int(n),
            ValueRef::Bool(b) => Value::Bool(b),
            ValueRef::Glob(source) => Value::from(source),
        }
    }
}

impl From<&str> for Value {
    fn from(source: &str) -> Self {
        match Glob::new(source) {
            Some(glob) => Value::Glob(glob),
            None if source.contains('*') => Value::text(glob::unescaped(source)),
            None => Value::text(source),
        }
    }
}

impl From<String> for Value {
    fn from(source: String) -> Self {
        if source.contains(['*', '?']) { Value::from(source.as_str()) } else { Value::text(source) }
    }
}

impl From<&String> for Value {
    fn from(source: &String) -> Self {
        Value::from(source.as_str())
    }
}

impl From<Glob> for Value {
    fn from(glob: Glob) -> Self {
        Value::Glob(glob)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

macro_rules! from_integer {
    ($($t:ty)*) => {$(
        impl From<$t> for Value {
            fn from(n: $t) -> Self {
                Value::Int(n.into())
            }
        }
    )*};
}
from_integer!(i8 i16 i32 i64 u8 u16 u32);
