use super::Ranks;
use super::globs::{GlobNumbers, Globs, Groups, group_hash};
use super::known::{Known, NAMES};
use super::names::Names;
use crate::pattern::{Fields, Scalar};
use crate::router::slots::{Filter, Slots, hash_of};
use crate::router::store::{Hit, Shape, Store, identity};

/// The most keys a pattern may have: as many as four bits count.
pub(super) const KEYS: usize = 15;

/// The most shapes there may be, and the words that hold a bit for each.
pub(super) const SHAPES: usize = 64 * WORDS;
const WORDS: usize = 16;

/// Bit sets of shapes for pairs; see the module's documentation.
#[derive(Clone)]
pub(super) struct Dense {
    /// The number of words of a set.
    words: usize,
    names: Names,
    /// From a pair's hash to its set. Pairs whose hashes look the same share a set, which then says too much.
    pairs: Slots,
    /// The distinct sets, one after another.
    sets: Vec<u64>,
    globs: Globs,
    /// The number of keys of each shape, bit-sliced.
    sizes: [[u64; WORDS]; 4],
    /// Which shapes there are, and which of them have globs.
    all: [u64; WORDS],
    having_globs: [u64; WORDS],
    /// The names of each shape that have exact values, filled up with [`NAMES`].
    short: Vec<[u8; 3]>,
    /// The same for shapes with more than three keys; empty if there is none.
    long: Vec<[u8; KEYS]>,
    groups: Groups,
    /// The identities of the patterns without globs: nearly all candidates that do not fit end here.
    filter: Filter,
}

impl Dense {
    pub(super) fn build(store: &Store, ranks: &Ranks) -> Self {
        // Few numbers of words, for each of which there is a loop.
        let words = match ranks.shapes.len() {
            0..=64 => 1,
            65..=256 => 4,
            _ => WORDS,
        };
        let mut made = Dense {
            words,
            names: Names::build(store),
            pairs: Slots::new(),
            sets: Vec::new(),
            globs: Globs::new(store.names().len()),
            sizes: [[0; WORDS]; 4],
            all: [0; WORDS],
            having_globs: [0; WORDS],
            short: Vec::new(),
            long: Vec::new(),
            groups: Groups::build(store, Vec::new()),
            filter: Filter::new(store.len()),
        };
        // In most programs each pattern brings one pair that no other one has; more room is made when it is needed.
        made.pairs.reserve(store.len().min(1 << 14));
        made.add_shapes(store, ranks);
        made.add_patterns(store, ranks);
        made.pairs.on_huge_pages();
        made.filter.on_huge_pages();
        made
    }

    fn add_shapes(&mut self, store: &Store, ranks: &Ranks) {
        let shapes = ranks.shapes.iter().map(|shape| &store.shapes()[*shape as usize]);
        if shapes.clone().any(|shape| shape.keys.len() > 3) {
            self.long = shapes.map(names).collect();
        } else {
            self.short = shapes.map(names).collect();
        }
        for (rank, shape) in ranks.shapes.iter().enumerate() {
            let shape = &store.shapes()[*shape as usize];
            let (word, bit) = (rank / 64, 1 << (rank % 64));
            self.all[word] |= bit;
            if shape.globs() > 0 {
                self.having_globs[word] |= bit;
            }
            for (plane, size) in self.sizes.iter_mut().enumerate() {
                if shape.keys.len() >> plane & 1 == 1 {
                    size[word] |= bit;
                }
            }
        }
    }

    fn add_patterns(&mut self, store: &Store, ranks: &Ranks) {
        let words = self.words;
        let mut sets: Vec<u64> = Vec::new();
        let mut groups = Vec::new();
        let mut numbers = GlobNumbers::default();
        let new_set = |sets: &mut Vec<u64>| {
            let number = sets.len() / words;
            sets.resize(sets.len() + words, 0);
            u32::try_from(number).expect("there are fewer pairs than patterns times 15")
        };
        for place in store.places() {
            let rank = ranks.of_shape[store.shape(place) as usize] as usize;
            let (mut pairs, mut has_globs) = (0, false);
            for (key, raw) in store.pairs(place) {
                let set = if key.glob {
                    has_globs = true;
                    numbers.number(&mut self.globs, key.name, raw.text(), || new_set(&mut sets))
                } else {
                    let hash = store.raw_hash(key, raw);
                    pairs ^= hash;
                    self.pairs.find(hash, |_| true).unwrap_or_else(|| {
                        let set = new_set(&mut sets);
                        self.pairs.insert(hash, set);
                        set
                    })
                };
                sets[set as usize * words + rank / 64] |= 1 << (rank % 64);
            }
            if has_globs {
                groups.push((group_hash(pairs, rank), place));
            } else {
                self.filter.insert(identity(pairs));
            }
        }
        self.groups = Groups::build(store, groups);
        // There are far fewer distinct sets than pairs.
        let mut distinct = Slots::new();
        let new: Vec<u32> = sets
            .chunks_exact(words)
            .map(|set| {
                let hash = hash_of(set.iter().copied());
                distinct.find(hash, |n| self.set(n, words) == set).unwrap_or_else(|| {
                    let number = self.sets.len() / words;
                    let number = u32::try_from(number).expect("as many as pairs at most");
                    self.sets.extend(set);
                    distinct.insert(hash, number);
                    number
                })
            })
            .collect();
        self.sets.shrink_to_fit();
        self.pairs.renumber(|old| new[old as usize]);
        self.globs.renumber(|old| new[old as usize]);
    }

    // Without a hint to inline: with one, each part of the library that finds would have a copy of its own.
    pub(super) fn visit<F: Fields + ?Sized>(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &F,
        fetch: &dyn Fn(u32),
        visit: impl FnMut(Hit, usize) -> bool,
    ) {
        match (self.words, self.long.is_empty()) {
            (1, true) => self.run::<1, 2, 3, F>(1, &self.short, store, ranks, message, fetch, visit),
            (1, false) => self.run::<1, 4, KEYS, F>(1, &self.long, store, ranks, message, fetch, visit),
            (4, true) => self.run::<4, 2, 3, F>(4, &self.short, store, ranks, message, fetch, visit),
            (4, false) => self.run::<4, 4, KEYS, F>(4, &self.long, store, ranks, message, fetch, visit),
            (_, true) => self.run::<16, 2, 3, F>(16, &self.short, store, ranks, message, fetch, visit),
            (_, false) => self.run::<16, 4, KEYS, F>(16, &self.long, store, ranks, message, fetch, visit),
        }
    }

    /// The same for messages of which there are few: one loop for all numbers of words, and none that is unrolled.
    pub(super) fn visit_any(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &dyn Fields,
        visit: &mut dyn FnMut(Hit, usize) -> bool,
    ) {
        let (words, fetch) = (self.words, &|_| ());
        if self.long.is_empty() {
            self.run::<WORDS, 2, 3, _>(words, &self.short, store, ranks, message, fetch, visit);
        } else {
            self.run::<WORDS, 4, KEYS, _>(words, &self.long, store, ranks, message, fetch, visit);
        }
    }

    #[inline(always)]
    fn set(&self, number: u32, words: usize) -> &[u64] {
        &self.sets[number as usize * words..][..words]
    }

    /// `words` is the number of words of a set, at most `W`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)] // What one loop needs, which is compiled for each size.
    fn run<const W: usize, const PLANES: usize, const LEN: usize, F: Fields + ?Sized>(
        &self,
        words: usize,
        names: &[[u8; LEN]],
        store: &Store,
        ranks: &Ranks,
        message: &F,
        fetch: &dyn Fn(u32),
        mut visit: impl FnMut(Hit, usize) -> bool,
    ) {
        let words = words.min(W);
        let mut known = Known::<{ NAMES + 1 }>::new();
        let mut counts = [[0u64; W]; PLANES];
        let mut next = 0;
        while let Some((field, name)) = self.names.next(store, message, next) {
            next = field + 1;
            let hash = store.field_hash(name, message, field);
            let set = hash.and_then(|hash| self.pairs.find(hash, |_| true));
            if self.globs.has(name) {
                let mut all = [0; W];
                self.with_globs(store, name, message.scalar(field), set, &mut all[..words]);
                add(&mut counts, &all[..words]);
            } else if let Some(set) = set {
                add(&mut counts, self.set(set, words));
            } else {
                continue;
            }
            known.set(name, hash.unwrap_or(0), field);
        }
        for word in 0..words {
            let mut candidates = self.all[word];
            for (count, size) in counts.iter().zip(&self.sizes) {
                candidates &= !(count[word] ^ size[word]);
            }
            while candidates != 0 {
                let bit = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                let rank = word * 64 + bit;
                let pairs = names[rank].iter().fold(0, |x, name| x ^ known.hash(*name));
                if self.having_globs[word] >> bit & 1 == 1 {
                    let value_of = |name| known.value(message, name);
                    if !self.groups.visit(store, ranks, pairs, rank, &value_of, &mut visit) {
                        return;
                    }
                    continue;
                }
                let hash = identity(pairs);
                if !self.filter.may_hold(hash) {
                    continue;
                }
                let text_of = |name| known.text(message, name);
                let value_of = |name| known.value(message, name);
                let found = store.find_exact(hash, ranks.shapes[rank], text_of, value_of, fetch);
                if let Some(hit) = found
                    && !visit(hit, rank)
                {
                    return;
                }
            }
        }
    }

    /// The shapes that have a name with a glob that fits a value, and those of a set.
    ///
    /// Shapes tell a glob from an exact value, so the sets of one key never meet but for globs of one shape.
    #[inline(never)]
    fn with_globs(&self, store: &Store, name: u32, value: Scalar<'_>, set: Option<u32>, all: &mut [u64]) {
        let words = all.len();
        let mut join = |set| all.iter_mut().zip(self.set(set, words)).for_each(|(a, b)| *a |= b);
        set.map(&mut join);
        self.globs.each(store.compare, name, value, &mut join);
    }
}

/// The names of a shape that have exact values, filled up with the name that is never known.
fn names<const LEN: usize>(shape: &Shape) -> [u8; LEN] {
    let mut list = [NAMES; LEN];
    let exact = shape.keys.iter().filter(|key| !key.glob);
    for (at, key) in list.iter_mut().zip(exact) {
        *at = key.name as usize;
    }
    list.map(|name| u8::try_from(name).unwrap_or(u8::MAX))
}

/// Adds one to the counters of a set's members.
#[inline(always)]
fn add<const PLANES: usize, const W: usize>(counts: &mut [[u64; W]; PLANES], set: &[u64]) {
    for (word, members) in set.iter().enumerate() {
        let mut carry = *members;
        for plane in counts.iter_mut() {
            let both = plane[word] & carry;
            plane[word] ^= carry;
            carry = both;
        }
    }
}
