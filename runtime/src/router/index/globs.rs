use std::collections::HashMap;

use super::Ranks;
use crate::pattern::{Compare, Scalar, ValueRef};
use crate::router::hash::mix;
use crate::router::order::last_resort;
use crate::router::slots::Slots;
use crate::router::store::{Hit, Store};
use crate::sort::sort_by;

/// The distinct globs of each name, each with the number of its pseudo pair.
#[derive(Clone, Default)]
pub(super) struct Globs {
    of_name: Vec<Vec<(Box<str>, u32)>>,
}

impl Globs {
    pub(super) fn new(names: usize) -> Self {
        Globs { of_name: vec![Vec::new(); names] }
    }

    /// Whether a name has globs.
    #[inline]
    pub(super) fn has(&self, name: u32) -> bool {
        !self.of_name[name as usize].is_empty()
    }

    /// Calls `hit` with the pseudo pair of each glob that a value fits.
    pub(super) fn each(&self, compare: Compare, name: u32, value: Scalar<'_>, hit: &mut dyn FnMut(u32)) {
        for (source, pair) in &self.of_name[name as usize] {
            if ValueRef::Glob(source).fits(compare, value) {
                hit(*pair);
            }
        }
    }

    pub(super) fn renumber(&mut self, new: impl Fn(u32) -> u32) {
        self.of_name.iter_mut().flatten().for_each(|(_, pair)| *pair = new(*pair));
    }
}

/// Gives each distinct glob of a name a number.
#[derive(Default)]
pub(super) struct GlobNumbers<'s> {
    seen: HashMap<(u32, &'s str), u32>,
}

impl<'s> GlobNumbers<'s> {
    pub(super) fn number(
        &mut self,
        globs: &mut Globs,
        name: u32,
        source: &'s str,
        next: impl FnOnce() -> u32,
    ) -> u32 {
        *self.seen.entry((name, source)).or_insert_with(|| {
            let number = next();
            globs.of_name[name as usize].push((source.into(), number));
            number
        })
    }
}

/// The patterns that have globs, grouped by shape and exact values, each group in order of precedence.
#[derive(Clone)]
pub(super) struct Groups {
    slots: Slots,
    list: Vec<Group>,
    places: Vec<u32>,
}

#[derive(Clone)]
struct Group {
    hash: u64,
    from: usize,
    to: usize,
}

impl Groups {
    /// Sorts places with the [hashes](group_hash) of their groups.
    pub(super) fn build(store: &Store, mut entries: Vec<(u64, u32)>) -> Self {
        match store.compare {
            Compare::Text => entries.sort_unstable(),
            Compare::Typed => {
                let keyed =
                    entries.into_iter().map(|(hash, place)| (hash, store.pattern(place).to_string(), place));
                let mut keyed: Vec<_> = keyed.collect();
                sort_by(&mut keyed, Ord::cmp);
                entries = keyed.into_iter().map(|(hash, _, place)| (hash, place)).collect();
            }
        }
        let mut made = Groups { slots: Slots::new(), list: Vec::new(), places: Vec::new() };
        for (hash, place) in entries {
            let to = made.places.len() + 1;
            made.places.push(place);
            if let Some(group) = made.list.last_mut().filter(|group| group.hash == hash) {
                group.to = to;
            } else {
                let number = u32::try_from(made.list.len()).expect("there are fewer groups than patterns");
                made.slots.insert(hash, number);
                made.list.push(Group { hash, from: to - 1, to });
            }
        }
        made.places.shrink_to_fit();
        made
    }

    /// Calls `visit` with each pattern of a rank that has these exact pairs and fits, in order of precedence, until it says
    /// no; says whether it did not.
    #[inline(never)]
    pub(super) fn visit<'m>(
        &self,
        store: &Store,
        ranks: &Ranks,
        pairs: u64,
        rank: usize,
        value_of: &dyn Fn(u32) -> Option<Scalar<'m>>,
        visit: &mut dyn FnMut(Hit, usize) -> bool,
    ) -> bool {
        self.get(group_hash(pairs, rank)).iter().all(|place| {
            let fits = store.shape(*place) == ranks.shapes[rank] && store.fits(*place, value_of);
            !fits || visit((*place, store.value(*place)), rank)
        })
    }

    /// The patterns of a group, and perhaps others, in order of precedence.
    fn get(&self, hash: u64) -> &[u32] {
        let group = self.slots.find(hash, |group| self.list[group as usize].hash == hash);
        group.map_or(&[], |group| {
            let group = &self.list[group as usize];
            &self.places[group.from..group.to]
        })
    }
}

/// The hash of a group: its rank, and the exclusive or of the hashes of its exact pairs.
#[inline]
pub(super) fn group_hash(pairs: u64, rank: usize) -> u64 {
    mix(pairs, rank as u64)
}

/// Sorts places by precedence.
pub(super) fn sort(store: &Store, ranks: &Ranks, places: &mut [u32]) {
    sort_by(places, |a, b| {
        let class = |place: &u32| ranks.classes[ranks.of_shape[store.shape(*place) as usize] as usize];
        class(a).cmp(&class(b)).then_with(|| last_resort(store, *a, *b))
    });
}
