use std::ops::Deref;

use super::ValueRef;

/// One key of a pattern written in the program text, with hashes that the macro computed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key's name.
    pub name: &'static str,
    /// The value it must have.
    pub value: ValueRef<'static>,
    /// FNV-1a, 64 bits, of the name.
    pub name_hash: u64,
    /// FNV-1a, 64 bits, of the canonical text of this key and value (`role:cart`).
    pub pair_hash: u64,
}

/// A pattern written in the program text: keys sorted by name, canonical text and hashes.
///
/// The hashes let the checks of a program (a `const fn`) compare integers instead of text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PatternInfo {
    /// The keys, sorted by name in byte order, each once.
    pub keys: &'static [KeyInfo],
    /// Canonical text: `cmd:add,role:cart`.
    pub text: &'static str,
    /// Wrapping sum of the keys' `name_hash`.
    pub names_hash: u64,
    /// Wrapping sum of the keys' `pair_hash`.
    pub pairs_hash: u64,
}

impl KeyInfo {
    /// For the macros.
    #[doc(hidden)]
    pub const fn new(name: &'static str, value: ValueRef<'static>, name_hash: u64, pair_hash: u64) -> Self {
        KeyInfo { name, value, name_hash, pair_hash }
    }

    /// For the macros: as [`new`](KeyInfo::new) with text, the most frequent value; one call less for the compiler.
    #[doc(hidden)]
    pub const fn text(name: &'static str, value: &'static str, name_hash: u64, pair_hash: u64) -> Self {
        KeyInfo { name, value: ValueRef::Str(value), name_hash, pair_hash }
    }
}

impl PatternInfo {
    /// For the macros.
    #[doc(hidden)]
    pub const fn new(keys: &'static [KeyInfo], text: &'static str) -> Self {
        let (mut names_hash, mut pairs_hash, mut i) = (0u64, 0u64, 0);
        while i < keys.len() {
            names_hash = names_hash.wrapping_add(keys[i].name_hash);
            pairs_hash = pairs_hash.wrapping_add(keys[i].pair_hash);
            i += 1;
        }
        PatternInfo { keys, text, names_hash, pairs_hash }
    }
}

/// The patterns of one handler: nearly always one.
///
/// One pattern stands in it as it is. A slice of one would be a constant of its own, which the compiler must check and
/// evaluate for every handler (measured: a tenth of the check of a program with a thousand).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Patterns {
    /// One.
    One(PatternInfo),
    /// Several, as groups in one attribute.
    Several(&'static [PatternInfo]),
}

impl Patterns {
    /// All of them.
    pub const fn as_slice(&self) -> &[PatternInfo] {
        match self {
            Patterns::One(pattern) => std::slice::from_ref(pattern),
            Patterns::Several(patterns) => patterns,
        }
    }
}

impl Deref for Patterns {
    type Target = [PatternInfo];

    fn deref(&self) -> &[PatternInfo] {
        self.as_slice()
    }
}
