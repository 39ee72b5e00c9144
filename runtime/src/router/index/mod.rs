//! Finders: what is derived from a [`Store`] to answer fast, built at the first question after a change.
//!
//! Three designs, all with the same answers:
//!
//! * [`Small`], to 16 patterns and 63 names: one after another in order of precedence, told apart by a bit
//!   set of names and one hash.
//! * [`Dense`], to 63 names, 1,024 shapes and 15 keys a pattern: each pair of the message that some pattern
//!   has names a bit set of shapes; bit-sliced counters add them up, and what equals the shapes' sizes is
//!   asked for in the store's one table. The cost hardly depends on the number of patterns.
//! * [`Sparse`], for everything else: the same with lists in place of bit sets.

mod dense;
mod globs;
mod known;
mod names;
mod small;
mod sparse;

use dense::Dense;
use small::Small;
use sparse::Sparse;

use super::order::{Order, Precedence, last_resort};
use super::store::{Hit, Store};
use crate::pattern::Fields;
use crate::sort::sort_by;

/// A finder for one state of a store.
#[derive(Clone)]
pub(super) struct Index {
    ranks: Ranks,
    finder: Finder,
}

#[derive(Clone)]
enum Finder {
    Small(Small),
    Dense(Box<Dense>),
    Sparse(Box<Sparse>),
}

/// The shapes in use, in order of precedence; `rank` below is an index into them.
#[derive(Clone)]
struct Ranks {
    shapes: Vec<u32>,
    /// For each shape, equal for shapes between which only the patterns themselves decide.
    classes: Vec<u32>,
    /// Whether a later shape has the same class.
    tied: Vec<bool>,
    /// The rank of each shape.
    of_shape: Vec<u32>,
}

impl Index {
    pub(super) fn build(store: &Store) -> Self {
        let ranks = Ranks::new(store);
        let small = store.len() <= small::PATTERNS && store.names().len() <= known::NAMES;
        let longest = ranks.shapes.iter().map(|s| store.shapes()[*s as usize].keys.len()).max().unwrap_or(0);
        let dense = store.names().len() <= known::NAMES
            && longest <= dense::KEYS
            && ranks.shapes.len() <= dense::SHAPES;
        let finder = if small {
            Finder::Small(Small::build(store, &ranks))
        } else if dense {
            Finder::Dense(Box::new(Dense::build(store, &ranks)))
        } else {
            Finder::Sparse(Box::new(Sparse::build(store, &ranks)))
        };
        Index { ranks, finder }
    }

    /// The pattern that wins. `fetch` is given the number of a value that is likely to be asked for next.
    pub(super) fn find<F: Fields + ?Sized>(
        &self,
        store: &Store,
        message: &F,
        fetch: &dyn Fn(u32),
    ) -> Option<Hit> {
        let mut best = None;
        let mut visit = |hit, rank| self.keep(store, (hit, rank), &mut best);
        match &self.finder {
            Finder::Small(finder) => finder.visit(store, &self.ranks, message, visit),
            Finder::Dense(finder) => finder.visit(store, &self.ranks, message, fetch, visit),
            Finder::Sparse(finder) => finder.visit(store, &self.ranks, &message, &mut visit),
        }
        best.map(|(hit, _)| hit)
    }

    /// As [`find`](Index::find), for messages of which there are few: compiled once.
    pub(super) fn find_any(&self, store: &Store, message: &dyn Fields) -> Option<Hit> {
        let mut best = None;
        self.visit_any(store, message, &mut |hit, rank| self.keep(store, (hit, rank), &mut best));
        best.map(|(hit, _)| hit)
    }

    /// Keeps a pattern if it is better than what was kept; says whether a yet better one may come.
    #[inline]
    fn keep(&self, store: &Store, new: (Hit, usize), best: &mut Option<(Hit, usize)>) -> bool {
        match *best {
            None => {
                *best = Some(new);
                self.ranks.tied[new.1]
            }
            Some(old) => self.better(store, new, old, best),
        }
    }

    /// The places of all patterns that fit, in order of precedence.
    pub(super) fn find_all(&self, store: &Store, message: &dyn Fields) -> Vec<u32> {
        let mut all = Vec::new();
        self.visit_any(store, message, &mut |(place, _), rank| {
            all.push((self.ranks.classes[rank], place));
            true
        });
        sort_by(&mut all, |a, b| a.0.cmp(&b.0).then_with(|| last_resort(store, a.1, b.1)));
        all.into_iter().map(|(_, place)| place).collect()
    }

    /// Keeps the better of two patterns of one class; says whether a yet better one may come.
    #[cold]
    fn better(
        &self,
        store: &Store,
        new: (Hit, usize),
        old: (Hit, usize),
        best: &mut Option<(Hit, usize)>,
    ) -> bool {
        if self.ranks.classes[new.1] != self.ranks.classes[old.1] {
            return false;
        }
        if last_resort(store, new.0.0, old.0.0).is_lt() {
            *best = Some(new);
        }
        self.ranks.tied[new.1]
    }

    /// Calls `visit` with every pattern that fits, and its rank, until it says no.
    ///
    /// Ranks ascend, and patterns of one rank come in order of precedence. That holds for the finders too.
    fn visit_any(&self, store: &Store, message: &dyn Fields, visit: &mut dyn FnMut(Hit, usize) -> bool) {
        match &self.finder {
            Finder::Small(finder) => finder.visit_any(store, &self.ranks, message, visit),
            Finder::Dense(finder) => finder.visit_any(store, &self.ranks, message, visit),
            Finder::Sparse(finder) => finder.visit(store, &self.ranks, message, visit),
        }
    }
}

impl Ranks {
    fn new(store: &Store) -> Self {
        let order = Order::new(store);
        let live = (0u32..).zip(store.shapes()).filter(|(_, shape)| shape.live > 0);
        let mut sorted: Vec<(Precedence, u32)> = live.map(|(n, shape)| (order.of(shape), n)).collect();
        sort_by(&mut sorted, Ord::cmp);
        let mut of_shape = vec![0; store.shapes().len()];
        let mut classes = Vec::with_capacity(sorted.len());
        for (rank, (precedence, shape)) in (0u32..).zip(&sorted) {
            of_shape[*shape as usize] = rank;
            let same = rank > 0 && sorted[rank as usize - 1].0 == *precedence;
            classes.push(if same { classes[rank as usize - 1] } else { rank });
        }
        let tied = (0..sorted.len()).map(|rank| classes.get(rank + 1) == Some(&classes[rank])).collect();
        Ranks { shapes: sorted.into_iter().map(|(_, shape)| shape).collect(), classes, tied, of_shape }
    }
}
