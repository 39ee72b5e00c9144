//! What derived code asks about a type that may or may not implement a trait.
//!
//! `Probe::<T>::KIND` is the inherent constant where `T` is one of the types below and otherwise the one of
//! the trait `Fallback…`, which must be in scope: the usual trick to ask without a bound.

use std::marker::PhantomData;

use super::FieldKind;

/// The question; see the module.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// Answers for types whose kind is not known.
pub trait FallbackKind {
    /// What kind of value the type has in JSON.
    const KIND: FieldKind = FieldKind::Unknown;
}

impl<T: ?Sized> FallbackKind for Probe<T> {}

/// Types whose JSON form is known.
pub trait KnownKind {
    /// What kind of value the type has in JSON.
    const KIND: FieldKind;
}

impl<T: KnownKind + ?Sized> Probe<T> {
    /// What kind of value the type has in JSON.
    pub const KIND: FieldKind = <T as KnownKind>::KIND;
}

macro_rules! known {
    ($kind:ident: $($t:ty),+ $(,)?) => { $( impl KnownKind for $t { const KIND: FieldKind = FieldKind::$kind; } )+ };
}
known!(Str: str, String, char, std::path::PathBuf);
known!(Int: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
known!(Bool: bool);
known!(Never: f32, f64, ());

impl<T: KnownKind + ?Sized> KnownKind for &T {
    const KIND: FieldKind = T::KIND;
}
impl<T: KnownKind> KnownKind for Option<T> {
    const KIND: FieldKind = T::KIND;
}
impl<T: KnownKind + ?Sized> KnownKind for Box<T> {
    const KIND: FieldKind = T::KIND;
}
impl<T: KnownKind + ?Sized> KnownKind for std::sync::Arc<T> {
    const KIND: FieldKind = T::KIND;
}
impl<T: KnownKind + ?Sized + ToOwned> KnownKind for std::borrow::Cow<'_, T> {
    const KIND: FieldKind = T::KIND;
}
impl<T> KnownKind for Vec<T> {
    const KIND: FieldKind = FieldKind::Never;
}
impl<T, const N: usize> KnownKind for [T; N] {
    const KIND: FieldKind = FieldKind::Never;
}
impl<K, V, S> KnownKind for std::collections::HashMap<K, V, S> {
    const KIND: FieldKind = FieldKind::Never;
}
impl<K, V> KnownKind for std::collections::BTreeMap<K, V> {
    const KIND: FieldKind = FieldKind::Never;
}

/// Answers for types without a JSON Schema.
pub trait FallbackSchema {
    /// The JSON Schema.
    fn schema() -> Option<serde_json::Value> {
        None
    }
}

impl<T: ?Sized> FallbackSchema for Probe<T> {}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema + ?Sized> Probe<T> {
    /// The JSON Schema.
    pub fn schema() -> Option<serde_json::Value> {
        Some(schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value())
    }
}
