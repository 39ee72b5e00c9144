//! Stand-in until the router lands.
#![allow(missing_docs)]
use super::{PatternInfo, Scalar, ValueRef};
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Str(String),
    Int(i64),
    Bool(bool),
    Glob(String),
}
impl From<ValueRef<'_>> for Value {
    fn from(v: ValueRef<'_>) -> Self {
        match v {
            ValueRef::Str(s) => Value::Str(s.into()),
            ValueRef::Int(s) => Value::Int(s),
            ValueRef::Bool(s) => Value::Bool(s),
            ValueRef::Glob(s) => Value::Glob(s.into()),
        }
    }
}
impl Value {
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Str(s) => ValueRef::Str(s),
            Value::Int(s) => ValueRef::Int(*s),
            Value::Bool(s) => ValueRef::Bool(*s),
            Value::Glob(s) => ValueRef::Glob(s),
        }
    }
}
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(pub std::collections::BTreeMap<String, Value>);
impl From<&PatternInfo> for Pattern {
    fn from(i: &PatternInfo) -> Self {
        Pattern(i.keys.iter().map(|k| (k.name.into(), k.value.into())).collect())
    }
}
impl Pattern {
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_ref()))
    }
    pub fn and(mut self, k: &str, v: Value) -> Self {
        self.0.insert(k.into(), v);
        self
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
pub fn value_matches(v: ValueRef<'_>, s: Scalar<'_>) -> bool {
    match (v, s) {
        (ValueRef::Glob("*"), _) => true,
        (ValueRef::Str(a), Scalar::Str(b)) => a == b,
        (ValueRef::Int(a), Scalar::Int(b)) => a == b,
        (ValueRef::Bool(a), Scalar::Bool(b)) => a == b,
        _ => false,
    }
}
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (k, v)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            match v {
                Value::Str(s) | Value::Glob(s) => write!(f, "{k}:{s}")?,
                Value::Int(n) => write!(f, "{k}:{n}")?,
                Value::Bool(n) => write!(f, "{k}:{n}")?,
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Pattern {
    type Err = std::convert::Infallible;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Ok(Pattern(s.split(',').filter_map(|p| p.split_once(':')).map(|(a, b)| (a.into(), Value::Str(b.into()))).collect()))
    }
}

impl From<i64> for Value { fn from(n: i64) -> Self { Value::Int(n) } }
impl From<bool> for Value { fn from(n: bool) -> Self { Value::Bool(n) } }
impl From<&str> for Value { fn from(n: &str) -> Self { Value::Str(n.into()) } }
