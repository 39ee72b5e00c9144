//! Stand-in until the scanner lands.
#![allow(missing_docs)]
use crate::pattern::Scalar;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Clone, Copy, Default)]
pub struct Limits;
#[derive(Debug)]
pub struct Malformed(pub String);
#[derive(Debug)]
pub struct DecodeError(pub String);
#[derive(Debug)]
pub struct Scan<'a> {
    bytes: &'a [u8],
    pairs: Vec<(Cow<'a, str>, &'a str)>,
}
impl<'a> Scan<'a> {
    pub fn read(bytes: &'a [u8], _: &Limits) -> Result<Self, Malformed> {
        let map: std::collections::BTreeMap<String, &'a serde_json::value::RawValue> =
            serde_json::from_slice(bytes).map_err(|e| Malformed(e.to_string()))?;
        Ok(Scan { bytes, pairs: map.into_iter().map(|(k, v)| (Cow::Owned(k), v.get())).collect() })
    }
    pub fn len(&self) -> usize {
        self.pairs.len()
    }
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
    pub fn key(&self, i: usize) -> &str {
        &self.pairs[i].0
    }
    pub fn raw(&self, i: usize) -> &'a str {
        self.pairs[i].1
    }
    pub fn scalar(&self, i: usize) -> Scalar<'_> {
        let r = self.raw(i);
        if let Ok(s) = serde_json::from_str::<&str>(r) { Scalar::Str(s) } else { r.parse().map_or(Scalar::Null, Scalar::Int) }
    }
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        serde_json::from_slice(self.bytes).map_err(|e| DecodeError(e.to_string()))
    }
}
