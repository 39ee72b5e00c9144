use super::Ranks;
use super::globs::{GlobNumbers, Globs, Groups, group_hash};
use crate::pattern::{Fields, Scalar};
use crate::router::slots::Slots;
use crate::router::store::{Hit, Store, identity};

/// Lists of shapes for pairs: without limits on names, shapes and keys; see the module's documentation.
///
/// A find costs the number of shapes, and the lengths of the lists of the message's pairs.
#[derive(Clone)]
pub(super) struct Sparse {
    /// From a pair's hash to its number. Pairs whose hashes look the same share a number.
    pairs: Slots,
    /// The ranks of the shapes of each pair, one list after another, and where each ends.
    ranks: Vec<u32>,
    ends: Vec<usize>,
    globs: Globs,
    sizes: Vec<u32>,
    groups: Groups,
    /// Ranks of the empty pattern, which no pair names.
    empty: Vec<u32>,
}

impl Sparse {
    pub(super) fn build(store: &Store, ranks: &Ranks) -> Self {
        let mut pairs = Slots::new();
        let mut globs = Globs::new(store.names().len());
        let mut numbers = GlobNumbers::default();
        let mut lists: Vec<(u32, u32)> = Vec::new();
        let mut groups = Vec::new();
        let mut count = 0u32;
        let mut next = || {
            count = count.checked_add(1).expect("a router holds fewer than 2^32 pairs");
            count - 1
        };
        for place in store.places() {
            let rank = ranks.of_shape[store.shape(place) as usize];
            let (mut together, mut has_globs) = (0, false);
            for (key, raw) in store.pairs(place) {
                let pair = if key.glob {
                    has_globs = true;
                    numbers.number(&mut globs, key.name, raw.text(), &mut next)
                } else {
                    let hash = store.raw_hash(key, raw);
                    together ^= hash;
                    pairs.find(hash, |_| true).unwrap_or_else(|| {
                        let pair = next();
                        pairs.insert(hash, pair);
                        pair
                    })
                };
                lists.push((pair, rank));
            }
            if has_globs {
                groups.push((group_hash(together, rank as usize), place));
            }
        }
        lists.sort_unstable();
        lists.dedup();
        let mut ends = vec![0; count as usize];
        for (i, (pair, _)) in lists.iter().enumerate() {
            ends[*pair as usize] = i + 1;
        }
        let size =
            |shape: &u32| u32::try_from(store.shapes()[*shape as usize].keys.len()).unwrap_or(u32::MAX);
        let sizes: Vec<u32> = ranks.shapes.iter().map(size).collect();
        Sparse {
            pairs,
            ranks: lists.into_iter().map(|(_, rank)| rank).collect(),
            ends,
            globs,
            empty: (0..).zip(&sizes).filter(|(_, size)| **size == 0).map(|(rank, _)| rank).collect(),
            sizes,
            groups: Groups::build(store, groups),
        }
    }

    // Compiled once: it allocates, and what a call more costs is little beside that.
    pub(super) fn visit(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &dyn Fields,
        visit: &mut dyn FnMut(Hit, usize) -> bool,
    ) {
        let mut known: Vec<Known<'_>> = Vec::new();
        let mut counts = vec![0u32; self.sizes.len()];
        let mut candidates = self.empty.clone();
        let mut of_key: Vec<u32> = Vec::new();
        for field in 0..message.len() {
            let Some(name) = store.name(message.name(field)) else { continue };
            let value = message.scalar(field);
            let hash = store.pair_hash(name, value);
            of_key.clear();
            if let Some(pair) = hash.and_then(|hash| self.pairs.find(hash, |_| true)) {
                of_key.extend(self.list(pair));
            }
            if self.globs.has(name) {
                self.globs.each(store.compare, name, value, &mut |pair| of_key.extend(self.list(pair)));
                // Several globs of one shape may fit. The count then reaches the size too early, which only
                // makes a candidate that is looked at in vain.
            }
            for rank in &of_key {
                let count = &mut counts[*rank as usize];
                *count += 1;
                if *count == self.sizes[*rank as usize] {
                    candidates.push(*rank);
                }
            }
            if !of_key.is_empty() {
                known.push(Known { name, hash: hash.unwrap_or(0), value });
            }
        }
        candidates.sort_unstable();
        sort(&mut known);
        let get = |name: u32| known.binary_search_by_key(&name, |one| one.name).ok().map(|at| &known[at]);
        let value_of = |name| get(name).map(|one| one.value);
        let text_of = |name| match value_of(name) {
            Some(Scalar::Str(text)) => Some(text),
            _ => None,
        };
        for rank in candidates {
            let rank = rank as usize;
            let shape = ranks.shapes[rank];
            let keys = &store.shapes()[shape as usize].keys;
            let exact = keys.iter().filter(|key| !key.glob);
            let pairs = exact.fold(0, |x, key| x ^ get(key.name).map_or(0, |one| one.hash));
            if keys.iter().any(|key| key.glob) {
                if !self.groups.visit(store, ranks, pairs, rank, &value_of, visit) {
                    return;
                }
            } else if let Some(hit) = store.find_exact(identity(pairs), shape, text_of, value_of, &|_| ())
                && !visit(hit, rank)
            {
                return;
            }
        }
    }

    fn list(&self, pair: u32) -> &[u32] {
        let from = if pair == 0 { 0 } else { self.ends[pair as usize - 1] };
        &self.ranks[from..self.ends[pair as usize]]
    }
}

/// Not a part of the visit, which is compiled for several kinds of messages.
fn sort(known: &mut [Known<'_>]) {
    known.sort_unstable_by_key(|one| one.name);
}

struct Known<'m> {
    name: u32,
    hash: u64,
    value: Scalar<'m>,
}
