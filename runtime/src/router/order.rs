use std::cmp::{Ordering, Reverse};

use super::store::{Key, Shape, Store};
use crate::pattern::Compare;
use crate::sort::{order, sort_by};

/// The precedence of a shape, as far as it does not depend on values; less comes first.
///
/// For [`Compare::Typed`] this is rule M3: most keys, higher rank, more exact values, alphabetically first
/// keys. Shapes that are equal so far are told apart by the canonical text of the patterns. For
/// [`Compare::Text`] it is what patrun documents: most keys, (rank,) first keys in JavaScript's order, and
/// then, key by key, a text before a glob. Patterns that are equal so far come as they were added.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Precedence {
    keys: Reverse<usize>,
    rank: Reverse<i32>,
    globs: usize,
    names: Box<[u32]>,
    glob_first_at: Box<[bool]>,
}

/// Says how shapes of a store are ordered.
pub(super) struct Order {
    /// The position of each name in the alphabet.
    alphabet: Vec<u32>,
    compare: Compare,
}

impl Order {
    pub(super) fn new(store: &Store) -> Self {
        let names = store.names();
        let sorted = order(names.len(), &|a, b| match store.compare {
            Compare::Typed => names[a].cmp(&names[b]),
            Compare::Text => names[a].encode_utf16().cmp(names[b].encode_utf16()),
        });
        let mut alphabet = vec![0; names.len()];
        for (position, name) in (0..).zip(sorted) {
            alphabet[name] = position;
        }
        Order { alphabet, compare: store.compare }
    }

    pub(super) fn of(&self, shape: &Shape) -> Precedence {
        let mut keys: Vec<(u32, bool)> =
            shape.keys.iter().map(|key: &Key| (self.alphabet[key.name as usize], key.glob)).collect();
        sort_by(&mut keys, Ord::cmp);
        let text = self.compare == Compare::Text;
        Precedence {
            keys: Reverse(keys.len()),
            rank: Reverse(shape.rank),
            globs: if text { 0 } else { shape.globs() },
            names: keys.iter().map(|key| key.0).collect(),
            glob_first_at: if text { keys.iter().map(|key| key.1).collect() } else { Box::default() },
        }
    }
}

/// Which of two patterns whose shapes have equal [`Precedence`] comes first.
pub(super) fn last_resort(store: &Store, a: u32, b: u32) -> Ordering {
    match store.compare {
        Compare::Typed => store.pattern(a).to_string().cmp(&store.pattern(b).to_string()),
        Compare::Text => a.cmp(&b),
    }
}
