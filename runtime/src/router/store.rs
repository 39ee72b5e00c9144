use std::hint::black_box;

use super::hash;
use super::huge;
use super::slots::{Slots, hash_of};
use crate::pattern::{Compare, Fields, Pattern, Scalar, Value, ValueRef};

/// A pattern's place, and the number of the matcher's value.
pub(super) type Hit = (u32, u32);

/// Says "no longer here" in a record's place of the value's number.
const DEAD: u32 = u32::MAX;

/// Where an ordinary record ends, in bytes after its start.
const RECORD: usize = 28;

// The first byte of a value in a record: the length of a short text, or one of these.
const INT: u8 = 252;
const FALSE: u8 = 253;
const TRUE: u8 = 254;
const LONG: u8 = 255;

/// All patterns of a matcher, in compact records, and a table that finds an equal pattern.
///
/// A record is four bytes for the number of the matcher's value, four for the shape, and the values in the
/// order of the shape's keys; records start at multiples of four, and `place` below is a quarter of a start.
/// Later patterns have higher places. The same table and hash serve `add` and the fast finders.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) compare: Compare,
    names: Vec<Box<str>>,
    name_slots: Slots,
    shapes: Vec<Shape>,
    shape_slots: Slots,
    records: Vec<u8>,
    /// The place and the number of the matcher's value, so that a finder need not wait for the record.
    slots: Slots<Hit>,
    len: usize,
    dead_bytes: usize,
    /// The keys of the pattern that is being added; kept to save an allocation.
    scratch: Vec<Key>,
}

/// What patterns have in common that differ in their values only: keys, which of them are globs, and rank.
#[derive(Clone)]
pub(super) struct Shape {
    /// In order of names.
    pub(super) keys: Box<[Key]>,
    pub(super) rank: i32,
    /// The number of patterns of this shape.
    pub(super) live: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: u32,
    pub(super) glob: bool,
}

impl Shape {
    pub(super) fn globs(&self) -> usize {
        self.keys.iter().filter(|key| key.glob).count()
    }
}

/// A value as it lies in a record; a glob looks like a text.
#[derive(Clone, Copy)]
pub(super) enum Raw<'a> {
    Text(&'a [u8]),
    Int(i64),
    Bool(bool),
}

impl<'a> Raw<'a> {
    /// The text; empty for other values.
    pub(super) fn text(self) -> &'a str {
        match self {
            // Only whole `str`s are ever written.
            Raw::Text(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Raw::Int(_) | Raw::Bool(_) => "",
        }
    }

    pub(super) fn value(self, glob: bool) -> ValueRef<'a> {
        match self {
            Raw::Text(_) if glob => ValueRef::Glob(self.text()),
            Raw::Text(_) => ValueRef::Str(self.text()),
            Raw::Int(n) => ValueRef::Int(n),
            Raw::Bool(b) => ValueRef::Bool(b),
        }
    }
}

/// An equal pattern that was there.
pub(super) struct Entry {
    /// The number of the matcher's value.
    pub(super) value: u32,
    pub(super) rank_changed: bool,
}

impl Store {
    pub(super) fn new(compare: Compare) -> Self {
        Store {
            compare,
            names: Vec::new(),
            name_slots: Slots::new(),
            shapes: Vec::new(),
            shape_slots: Slots::new(),
            records: Vec::new(),
            slots: Slots::new(),
            len: 0,
            dead_bytes: 0,
            scratch: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The number of a name that some pattern has.
    #[inline]
    pub(super) fn name(&self, name: &str) -> Option<u32> {
        self.name_slots.find(hash::bytes(0, name.as_bytes()), |n| {
            hash::same(self.names[n as usize].as_bytes(), name.as_bytes())
        })
    }

    /// Makes room for this many patterns in all, of an ordinary size.
    pub(super) fn reserve(&mut self, patterns: usize) {
        self.records.reserve(patterns.saturating_mul(32).saturating_sub(self.records.len()));
        self.slots.reserve(patterns);
    }

    /// For a store from which much will be read.
    pub(super) fn on_huge_pages(&self) {
        huge::ask(&self.records);
        self.slots.on_huge_pages();
    }

    /// Adds a pattern with the number of its value, or finds the equal one, whose rank it then sets.
    pub(super) fn add(&mut self, pattern: &Pattern, rank: i32, value: u32) -> Result<u32, Entry> {
        let mut keys = std::mem::take(&mut self.scratch);
        keys.clear();
        let mut pairs = 0;
        for (name, value) in pattern.iter() {
            let key = Key { name: self.intern_name(name), glob: value.is_glob() };
            pairs ^= self.value_hash(key, value.as_ref());
            keys.push(key);
        }
        let hash = identity(pairs);
        if let Some(place) = self.find_equal(hash, &keys, pattern) {
            let rank_changed = self.set_rank(place, &keys, rank);
            self.scratch = keys;
            return Err(Entry { value: self.word(place, 0), rank_changed });
        }
        let place = u32::try_from(self.records.len() / 4)
            .ok()
            .filter(|place| *place != u32::MAX)
            .expect("a router holds at most 16 GiB of patterns");
        let shape = self.intern_shape(&keys, rank);
        self.scratch = keys;
        self.shapes[shape as usize].live += 1;
        self.records.extend(value.to_le_bytes());
        self.records.extend(shape.to_le_bytes());
        pattern.iter().for_each(|(_, value)| write_value(&mut self.records, value));
        self.records.resize(self.records.len().next_multiple_of(4), 0);
        self.slots.insert(hash, (place, value));
        self.len += 1;
        Ok(place)
    }

    /// The number of the value of the pattern equal to this one.
    pub(super) fn get(&self, pattern: &Pattern) -> Option<u32> {
        let (keys, hash) = self.look_up(pattern)?;
        let place = self.find_equal(hash, &keys, pattern)?;
        Some(self.value(place))
    }

    /// Removes the pattern equal to this one and gives the number of its value.
    pub(super) fn remove(&mut self, pattern: &Pattern) -> Option<u32> {
        let (keys, hash) = self.look_up(pattern)?;
        let place = self.find_equal(hash, &keys, pattern)?;
        let value = self.word(place, 0);
        let shape = self.word(place, 1);
        self.slots.remove(hash, (place, value));
        self.set_word(place, 0, DEAD);
        self.shapes[shape as usize].live -= 1;
        self.len -= 1;
        self.dead_bytes += self.end(place) - place as usize * 4;
        if self.dead_bytes > 4096 && self.dead_bytes * 2 > self.records.len() {
            self.compact();
        }
        Some(value)
    }

    /// The places of all patterns, in the order in which they were added.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < self.records.len() {
                let place = u32::try_from(at / 4).ok()?;
                at = self.end(place);
                if self.word(place, 0) != DEAD {
                    return Some(place);
                }
            }
            None
        })
    }

    #[inline]
    pub(super) fn value(&self, place: u32) -> u32 {
        self.word(place, 0)
    }

    #[inline]
    pub(super) fn shape(&self, place: u32) -> u32 {
        self.word(place, 1)
    }

    pub(super) fn shape_of(&self, place: u32) -> &Shape {
        &self.shapes[self.shape(place) as usize]
    }

    /// The keys and values of a pattern, in order of names.
    pub(super) fn pairs(&self, place: u32) -> impl Iterator<Item = (Key, Raw<'_>)> {
        let mut at = place as usize * 4 + 8;
        self.shape_of(place).keys.iter().map(move |key| (*key, read_value(&self.records, &mut at)))
    }

    /// The pattern again, as it was added.
    pub(super) fn pattern(&self, place: u32) -> Pattern {
        let own = |(key, raw): (Key, Raw<'_>)| {
            (self.names[key.name as usize].clone(), Value::from(raw.value(key.glob)))
        };
        Pattern::from_sorted(self.pairs(place).map(own).collect())
    }

    /// The place whose pairs have this hash, are of this shape, and fit the values that `value_of` gives for
    /// each name; for shapes without globs.
    ///
    /// `fetch` is given the number of the value before the record is compared. In a large matcher the value and the two
    /// cache lines of the record are far away. Asked for at once they come together; one after another, a find among a million
    /// patterns takes a third longer.
    #[inline]
    pub(super) fn find_exact<'m>(
        &self,
        hash: u64,
        shape: u32,
        text_of: impl Fn(u32) -> Option<&'m str>,
        value_of: impl Fn(u32) -> Option<Scalar<'m>>,
        fetch: &dyn Fn(u32),
    ) -> Option<Hit> {
        self.slots.find(hash, |(place, value)| {
            fetch(value);
            black_box(self.records.get(place as usize * 4 + RECORD).copied());
            self.fits_exactly(place, shape, &text_of, &value_of)
        })
    }

    #[inline]
    pub(super) fn fits_exactly<'m>(
        &self,
        place: u32,
        shape: u32,
        text_of: impl Fn(u32) -> Option<&'m str>,
        value_of: impl Fn(u32) -> Option<Scalar<'m>>,
    ) -> bool {
        if self.shape(place) != shape {
            return false;
        }
        let mut at = place as usize * 4 + 8;
        self.shapes[shape as usize].keys.iter().all(|key| {
            let first = self.records[at];
            if first < INT
                && let Some(found) = text_of(key.name)
            {
                let end = at + 1 + usize::from(first);
                let value = &self.records[at + 1..end];
                at = end;
                return hash::same(value, found.as_bytes());
            }
            let Some(found) = value_of(key.name) else { return false };
            read_value(&self.records, &mut at).value(key.glob).fits(self.compare, found)
        })
    }

    /// Whether a message, given as the value of each name, fits a pattern of any shape.
    pub(super) fn fits<'m>(&self, place: u32, value_of: &dyn Fn(u32) -> Option<Scalar<'m>>) -> bool {
        self.pairs(place).all(|(key, raw)| {
            value_of(key.name).is_some_and(|found| raw.value(key.glob).fits(self.compare, found))
        })
    }

    /// As [`pair_hash`](Store::pair_hash), of a field of a message that has this name.
    #[inline(always)]
    pub(super) fn field_hash<F: Fields + ?Sized>(&self, name: u32, message: &F, field: usize) -> Option<u64> {
        match message.text(field) {
            Some(text) => self.pair_hash(name, Scalar::Str(text)),
            None => self.pair_hash(name, message.scalar(field)),
        }
    }

    /// The hash of a message's value for a key; none if no pattern's value but a glob can equal it.
    #[inline]
    pub(super) fn pair_hash(&self, name: u32, value: Scalar<'_>) -> Option<u64> {
        match value {
            Scalar::Str(text) => Some(hash::bytes(seed(name), text.as_bytes())),
            other => pair_hash_slow(self.compare, name, other),
        }
    }

    /// The hash of a record's value, the same as that of a message's equal value.
    pub(super) fn raw_hash(&self, key: Key, raw: Raw<'_>) -> u64 {
        match raw {
            Raw::Text(bytes) if key.glob => hash::bytes(seed(key.name) ^ GLOB, bytes),
            Raw::Text(bytes) => hash::bytes(seed(key.name), bytes),
            Raw::Int(n) => pair_hash_slow(self.compare, key.name, Scalar::Int(n)).unwrap_or(0),
            Raw::Bool(b) => pair_hash_slow(self.compare, key.name, Scalar::Bool(b)).unwrap_or(0),
        }
    }

    fn value_hash(&self, key: Key, value: ValueRef<'_>) -> u64 {
        let raw = match value {
            ValueRef::Str(text) | ValueRef::Glob(text) => Raw::Text(text.as_bytes()),
            ValueRef::Int(n) => Raw::Int(n),
            ValueRef::Bool(b) => Raw::Bool(b),
        };
        self.raw_hash(key, raw)
    }

    fn look_up(&self, pattern: &Pattern) -> Option<(Vec<Key>, u64)> {
        let mut pairs = 0;
        let keys = pattern.iter().map(|(name, value)| {
            let key = Key { name: self.name(name)?, glob: value.is_glob() };
            pairs ^= self.value_hash(key, value.as_ref());
            Some(key)
        });
        let keys = keys.collect::<Option<Vec<_>>>()?;
        Some((keys, identity(pairs)))
    }

    fn find_equal(&self, hash: u64, keys: &[Key], pattern: &Pattern) -> Option<u32> {
        let equal = |ours: ValueRef<'_>, theirs: ValueRef<'_>| match theirs.scalar() {
            Some(theirs) => !matches!(ours, ValueRef::Glob(_)) && ours.fits(self.compare, theirs),
            None => ours == theirs,
        };
        let hit = self.slots.find(hash, |(place, _)| {
            *self.shape_of(place).keys == *keys
                && (self.pairs(place).zip(pattern.iter()))
                    .all(|((key, raw), (_, value))| equal(raw.value(key.glob), value.as_ref()))
        });
        hit.map(|(place, _)| place)
    }

    fn set_rank(&mut self, place: u32, keys: &[Key], rank: i32) -> bool {
        let old = self.shape(place);
        if self.shapes[old as usize].rank == rank {
            return false;
        }
        let new = self.intern_shape(keys, rank);
        self.shapes[old as usize].live -= 1;
        self.shapes[new as usize].live += 1;
        self.set_word(place, 1, new);
        true
    }

    fn intern_name(&mut self, name: &str) -> u32 {
        self.name(name).unwrap_or_else(|| {
            let number = next(self.names.len());
            self.names.push(name.into());
            self.name_slots.insert(hash::bytes(0, name.as_bytes()), number);
            number
        })
    }

    fn intern_shape(&mut self, keys: &[Key], rank: i32) -> u32 {
        let numbers = keys.iter().map(|key| u64::from(key.name) << 1 | u64::from(key.glob));
        let hash = hash_of(numbers.chain([u64::from(rank.cast_unsigned())]));
        let known = self.shape_slots.find(hash, |shape| {
            let shape = &self.shapes[shape as usize];
            shape.rank == rank && *shape.keys == *keys
        });
        known.unwrap_or_else(|| {
            let number = next(self.shapes.len());
            self.shapes.push(Shape { keys: keys.into(), rank, live: 0 });
            self.shape_slots.insert(hash, number);
            number
        })
    }

    /// Writes all records anew, without the dead ones and the names and shapes that only they had.
    fn compact(&mut self) {
        let mut fresh = Store::new(self.compare);
        for place in self.places() {
            // Two live patterns are never equal, so this always adds.
            let _ = fresh.add(&self.pattern(place), self.shape_of(place).rank, self.value(place));
        }
        *self = fresh;
    }

    /// Where the record at `place` ends, in bytes.
    fn end(&self, place: u32) -> usize {
        let mut at = place as usize * 4 + 8;
        for _ in &self.shape_of(place).keys {
            read_value(&self.records, &mut at);
        }
        at.next_multiple_of(4)
    }

    #[inline]
    fn word(&self, place: u32, word: usize) -> u32 {
        let at = place as usize * 4 + word * 4;
        self.records[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn set_word(&mut self, place: u32, word: usize, n: u32) {
        let at = place as usize * 4 + word * 4;
        self.records[at..at + 4].copy_from_slice(&n.to_le_bytes());
    }
}

/// Tells the hash of a glob from that of the same text.
const GLOB: u64 = 0x5851_F42D_4C95_7F2D;

/// The hash under which a pattern is kept, of the exclusive or of its pairs' hashes.
#[inline]
pub(super) fn identity(pairs: u64) -> u64 {
    hash::mix(pairs, 0)
}

#[inline]
fn seed(name: u32) -> u64 {
    u64::from(name + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

#[inline(never)]
fn pair_hash_slow(compare: Compare, name: u32, value: Scalar<'_>) -> Option<u64> {
    match (compare, value) {
        (Compare::Text, value) => value.with_text(|t| t.map(|t| hash::bytes(seed(name), t.as_bytes()))),
        (Compare::Typed, Scalar::Int(n)) => Some(hash::mix(seed(name), n.cast_unsigned())),
        (Compare::Typed, Scalar::Bool(b)) => Some(hash::mix(!seed(name), u64::from(b))),
        (Compare::Typed, _) => None,
    }
}

fn next(len: usize) -> u32 {
    u32::try_from(len).expect("a router holds fewer than 2^32 names and shapes")
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    let bytes = match value.as_ref() {
        ValueRef::Str(text) | ValueRef::Glob(text) => text.as_bytes(),
        ValueRef::Int(n) => {
            out.push(INT);
            out.extend(n.to_le_bytes());
            return;
        }
        ValueRef::Bool(b) => {
            out.push(if b { TRUE } else { FALSE });
            return;
        }
    };
    match u8::try_from(bytes.len()) {
        Ok(len) if len < INT => out.push(len),
        _ => {
            out.push(LONG);
            out.extend(u32::try_from(bytes.len()).expect("a value is shorter than 4 GiB").to_le_bytes());
        }
    }
    out.extend(bytes);
}

#[inline]
fn read_value<'a>(records: &'a [u8], at: &mut usize) -> Raw<'a> {
    let first = records[*at];
    *at += 1;
    let mut take = |n: usize| {
        let bytes = &records[*at..*at + n];
        *at += n;
        bytes
    };
    match first {
        FALSE | TRUE => Raw::Bool(first == TRUE),
        INT => Raw::Int(take(8).first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))),
        LONG => {
            let len = take(4).first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            Raw::Text(take(len as usize))
        }
        len => Raw::Text(take(usize::from(len))),
    }
}
