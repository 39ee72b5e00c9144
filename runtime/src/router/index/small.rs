use super::known::Known;
use super::names::Names;
use super::{Ranks, globs};
use crate::pattern::Fields;
use crate::router::store::{Hit, Store};

/// The most patterns for which looking at one after another is fastest.
pub(super) const PATTERNS: usize = 16;

/// A few patterns in order of precedence.
#[derive(Clone)]
pub(super) struct Small {
    names: Names,
    patterns: Vec<One>,
}

#[derive(Clone)]
struct One {
    /// The names, as a bit set.
    names: u64,
    /// The same as a list.
    list: Box<[u8]>,
    /// Exclusive or of the pairs' hashes; none when there are globs.
    pairs: Option<u64>,
    hit: Hit,
    rank: usize,
}

impl Small {
    pub(super) fn build(store: &Store, ranks: &Ranks) -> Self {
        let mut places: Vec<u32> = store.places().collect();
        globs::sort(store, ranks, &mut places);
        let one = |place: u32| {
            let keys = &store.shape_of(place).keys;
            let exact = !keys.iter().any(|key| key.glob);
            One {
                names: keys.iter().fold(0, |set, key| set | 1 << (key.name % 64)),
                list: keys.iter().filter_map(|key| u8::try_from(key.name).ok()).collect(),
                pairs: exact
                    .then(|| store.pairs(place).fold(0, |x, (key, raw)| x ^ store.raw_hash(key, raw))),
                hit: (place, store.value(place)),
                rank: ranks.of_shape[store.shape(place) as usize] as usize,
            }
        };
        Small { names: Names::build(store), patterns: places.into_iter().map(one).collect() }
    }

    pub(super) fn visit<F: Fields + ?Sized>(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &F,
        visit: impl FnMut(Hit, usize) -> bool,
    ) {
        if store.names().len() < 16 {
            self.run::<16, F>(store, ranks, message, visit);
        } else {
            self.run::<64, F>(store, ranks, message, visit);
        }
    }

    /// The same for messages of which there are few.
    pub(super) fn visit_any(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &dyn Fields,
        visit: &mut dyn FnMut(Hit, usize) -> bool,
    ) {
        self.run::<64, _>(store, ranks, message, visit);
    }

    #[inline(always)]
    fn run<const N: usize, F: Fields + ?Sized>(
        &self,
        store: &Store,
        ranks: &Ranks,
        message: &F,
        mut visit: impl FnMut(Hit, usize) -> bool,
    ) {
        let mut known = Known::<N>::new();
        let mut names = 0u64;
        let mut next = 0;
        while let Some((field, name)) = self.names.next(store, message, next) {
            next = field + 1;
            names |= 1 << (name % 64);
            // A value without a hash can fit globs only, and those are not looked up by hash.
            let hash = store.field_hash(name, message, field);
            known.set(name, hash.unwrap_or(0), field);
        }
        for one in &self.patterns {
            if one.names & !names != 0 {
                continue;
            }
            let text_of = |name| known.text(message, name);
            let value_of = |name| known.value(message, name);
            let fits = match one.pairs {
                Some(pairs) => {
                    one.list.iter().fold(0, |x, name| x ^ known.hash(*name)) == pairs
                        && store.fits_exactly(one.hit.0, ranks.shapes[one.rank], text_of, value_of)
                }
                None => store.fits(one.hit.0, &value_of),
            };
            if fits && !visit(one.hit, one.rank) {
                return;
            }
        }
    }
}
