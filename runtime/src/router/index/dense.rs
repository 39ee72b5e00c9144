use super::Ranks;
use super::globs::{GlobNumbers, Globs, Groups, group_hash};
use super::known::{Known, NAMES};
use super::names::Names;
use crate::pattern::{Fields, Scalar};
use crate::router::slots::{Filter, Slots, hash_of};
use crate::router::store::{Hit, Shape, Store, identity};

/// The most keys a pattern may have: as many as four bits count.
pub(super) const KEYS: usize = 15;

/// Bit sets of shapes for pairs; see the module's documentation. `W` words of 64 shapes each.
#[derive(Clone)]
pub(super) struct Dense<const W: usize> {
    names: Names,
    /// From a pair's hash to its set. Pairs whose hashes look the same share a set, which then says too much.
    pairs: Slots,
    /// The distinct sets.
    sets: Vec<[u64; W]>,
    globs: Globs,
    /// The number of keys of each shape, bit-sliced.
    sizes: [[u64; W]; 4],
    /// Which shapes there are, and which of them have globs.
    all: [u64; W],
    with_globs: [u64; W],
    /// The names of each shape that have exact values, filled up with [`NAMES`].
    short: Vec<[u8; 3]>,
    /// The same for shapes with more than three keys; empty if there is none.
    long: Vec<[u8; KEYS]>,
    groups: Groups,
    /// The identities of the patterns without globs: nearly all candidates that do not fit end here.
    filter: Filter,
}

impl<const W: usize> Dense<W> {
    pub(super) fn build(store: &Store, ranks: &Ranks) -> Self {
        let mut made = Dense {
            names: Names::build(store),
            pairs: Slots::new(),
            sets: Vec::new(),
            globs: Globs::new(store.names().len()),
            sizes: [[0; W]; 4],
            all: [0; W],
            with_globs: [0; W],
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
                self.with_globs[word] |= bit;
            }
            for (plane, size) in self.sizes.iter_mut().enumerate() {
                if shape.keys.len() >> plane & 1 == 1 {
                    size[word] |= bit;
                }
            }
        }
    }

    fn add_patterns(&mut self, store: &Store, ranks: &Ranks) {
        let mut sets: Vec<[u64; W]> = Vec::new();
        let mut groups = Vec::new();
        let mut numbers = GlobNumbers::default();
        let new_set = |sets: &mut Vec<[u64; W]>| {
            sets.push([0; W]);
            u32::try_from(sets.len() - 1).expect("there are fewer pairs than patterns times 15")
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
                sets[set as usize][rank / 64] |= 1 << (rank % 64);
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
            .iter()
            .map(|set| {
                let hash = hash_of(*set);
                distinct.find(hash, |n| self.sets[n as usize] == *set).unwrap_or_else(|| {
                    let number = u32::try_from(self.sets.len()).expect("as many as pairs at most");
                    self.sets.push(*set);
                    distinct.insert(hash, number);
                    number
                })
            })
            .collect();
        self.sets.shrink_to_fit();
        self.pairs.renumber(|old| new[old as usize]);
        self.globs.renumber(|old| new[old as usize]);
    }

    // Without a hint to inline: with one, each part of the library that finds would have a copy of its own, and each is 20 kB.
    pub(super) fn visit<F: Fields + ?Sized>(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &F,
        fetch: impl Fn(u32),
        visit: impl FnMut(Hit, usize) -> bool,
    ) {
        match (self.long.is_empty(), store.names().len() < 16) {
            (true, true) => self.run::<2, 3, 16, F>(&self.short, store, ranks, message, fetch, visit),
            (true, false) => self.run::<2, 3, 64, F>(&self.short, store, ranks, message, fetch, visit),
            (false, _) => self.run::<4, KEYS, 64, F>(&self.long, store, ranks, message, fetch, visit),
        }
    }

    #[inline(always)]
    fn run<const PLANES: usize, const LEN: usize, const N: usize, F: Fields + ?Sized>(
        &self,
        names: &[[u8; LEN]],
        store: &Store,
        ranks: &Ranks,
        message: &F,
        fetch: impl Fn(u32),
        mut visit: impl FnMut(Hit, usize) -> bool,
    ) {
        let mut known = Known::<N>::new();
        let mut counts = [[0u64; W]; PLANES];
        let mut next = 0;
        while let Some((field, name)) = self.names.next(store, message, next) {
            next = field + 1;
            let hash = match message.text(field) {
                Some(text) => store.pair_hash(name, Scalar::Str(text)),
                None => store.pair_hash(name, message.scalar(field)),
            };
            let set = hash.and_then(|hash| self.pairs.find(hash, |_| true));
            if self.globs.has(name) {
                // Shapes tell a glob from an exact value, so the sets of one key never meet but for globs of
                // one shape.
                let mut all = set.map_or([0; W], |set| self.sets[set as usize]);
                self.globs.each(store.compare, name, message.scalar(field), |set| {
                    all.iter_mut().zip(&self.sets[set as usize]).for_each(|(a, b)| *a |= b);
                });
                add(&mut counts, &all);
            } else if let Some(set) = set {
                add(&mut counts, &self.sets[set as usize]);
            } else {
                continue;
            }
            known.set(name, hash.unwrap_or(0), field);
        }
        for word in 0..W {
            let mut candidates = self.all[word];
            for (count, size) in counts.iter().zip(&self.sizes) {
                candidates &= !(count[word] ^ size[word]);
            }
            while candidates != 0 {
                let bit = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                let rank = word * 64 + bit;
                let pairs = names[rank].iter().fold(0, |x, name| x ^ known.hash(*name));
                if self.with_globs[word] >> bit & 1 == 1 {
                    for place in self.groups.get(group_hash(pairs, rank)) {
                        let hit = (*place, store.value(*place));
                        let ours = store.shape(*place) == ranks.shapes[rank];
                        if ours && store.fits(*place, |name| known.value(message, name)) && !visit(hit, rank)
                        {
                            return;
                        }
                    }
                    continue;
                }
                let hash = identity(pairs);
                if !self.filter.may_hold(hash) {
                    continue;
                }
                let text_of = |name| known.text(message, name);
                let value_of = |name| known.value(message, name);
                let found = store.find_exact(hash, ranks.shapes[rank], text_of, value_of, &fetch);
                if let Some(hit) = found
                    && !visit(hit, rank)
                {
                    return;
                }
            }
        }
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
fn add<const PLANES: usize, const W: usize>(counts: &mut [[u64; W]; PLANES], set: &[u64; W]) {
    for word in 0..W {
        let mut carry = set[word];
        for plane in counts.iter_mut() {
            let both = plane[word] & carry;
            plane[word] ^= carry;
            carry = both;
        }
    }
}
