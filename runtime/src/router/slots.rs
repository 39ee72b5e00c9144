use super::hash::fold;
use super::huge;

/// What a table holds for a hash; one value marks an empty slot.
pub(super) trait Payload: Copy + PartialEq {
    const EMPTY: Self;
}

impl Payload for u32 {
    const EMPTY: u32 = u32::MAX;
}

impl Payload for (u32, u32) {
    const EMPTY: (u32, u32) = (u32::MAX, u32::MAX);
}

/// A hash table with 32 bits of the hash and a payload in a slot: 8 bytes for a `u32`.
///
/// The upper bits of the kept hash are the home slot, so the table grows without asking for hashes again.
#[derive(Clone)]
pub(super) struct Slots<P = u32> {
    table: Vec<(u32, P)>,
    shift: u32,
    len: usize,
}

impl<P: Payload> Slots<P> {
    pub(super) fn new() -> Self {
        Slots::with_bits(3)
    }

    fn with_bits(bits: u32) -> Self {
        Slots { table: vec![(0, P::EMPTY); 1 << bits], shift: 32 - bits, len: 0 }
    }

    /// The first payload kept under this hash for which `is_it` says yes.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(P) -> bool) -> Option<P> {
        let print = print(hash);
        let mut at = self.home(print);
        loop {
            let (kept, payload) = self.table[at];
            if payload == P::EMPTY {
                return None;
            }
            if kept == print && is_it(payload) {
                return Some(payload);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    /// Adds a payload, which must not be the empty one.
    pub(super) fn insert(&mut self, hash: u64, payload: P) {
        // Two thirds full, linear probing looks at two or three slots on average.
        if self.len * 3 >= self.table.len() * 2 {
            self.grow();
        }
        self.place(print(hash), payload);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, hash: u64, payload: P) {
        let mask = self.table.len() - 1;
        let mut hole = self.home(print(hash));
        while self.table[hole].1 != payload {
            if self.table[hole].1 == P::EMPTY {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.len -= 1;
        // Move later entries of the run back, unless their home is after the hole.
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            let (kept, payload) = self.table[next];
            if payload == P::EMPTY {
                break;
            }
            if next.wrapping_sub(self.home(kept)) & mask >= next.wrapping_sub(hole) & mask {
                self.table[hole] = (kept, payload);
                hole = next;
            }
        }
        self.table[hole] = (0, P::EMPTY);
    }

    /// Replaces every payload by what `new` makes of it.
    pub(super) fn renumber(&mut self, mut new: impl FnMut(P) -> P) {
        for slot in self.table.iter_mut().filter(|slot| slot.1 != P::EMPTY) {
            slot.1 = new(slot.1);
        }
    }

    /// For a table that is complete.
    pub(super) fn on_huge_pages(&self) {
        huge::ask(&self.table);
    }

    #[inline]
    fn home(&self, print: u32) -> usize {
        (print >> self.shift) as usize
    }

    fn place(&mut self, print: u32, payload: P) {
        let mut at = self.home(print);
        while self.table[at].1 != P::EMPTY {
            at = (at + 1) & (self.table.len() - 1);
        }
        self.table[at] = (print, payload);
    }

    /// Makes room for this many entries in all.
    pub(super) fn reserve(&mut self, entries: usize) {
        let bits = (entries + entries / 2 + 1).next_power_of_two().trailing_zeros().min(32);
        if bits > 32 - self.shift {
            self.grow_to(bits);
        }
    }

    #[cold]
    fn grow(&mut self) {
        assert!(self.shift > 0, "a router holds at most 2^32 entries of a kind");
        self.grow_to(33 - self.shift);
    }

    fn grow_to(&mut self, bits: u32) {
        let old = std::mem::replace(self, Slots::with_bits(bits));
        self.len = old.len;
        for (print, payload) in old.table.into_iter().filter(|slot| slot.1 != P::EMPTY) {
            self.place(print, payload);
        }
    }
}

#[inline]
fn print(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A set of hashes that may say yes wrongly (less than 1 %), in two to four bytes a hash: asked before a
/// large table, it saves a cache miss for most hashes that are not there.
#[derive(Clone)]
pub(super) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    pub(super) fn new(hashes: usize) -> Self {
        Filter { words: vec![0; (hashes / 4).next_power_of_two()] }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let at = self.at(hash);
        self.words[at] |= bits(hash);
    }

    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let bits = bits(hash);
        self.words[self.at(hash)] & bits == bits
    }

    /// For a filter that is complete.
    pub(super) fn on_huge_pages(&self) {
        huge::ask(&self.words);
    }

    #[inline]
    fn at(&self, hash: u64) -> usize {
        (hash >> 18) as usize & (self.words.len() - 1)
    }
}

#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

/// Folds numbers into a hash one by one.
pub(super) fn hash_of(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, |hash, n| fold(hash ^ 0x9E37_79B9_7F4A_7C15, n ^ 0xD6E8_FEB8_6659_FD93))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn insert_find_remove() {
        let mut slots = Slots::new();
        let mut there = HashSet::new();
        // Few distinct hashes, so that runs are long and wrap round the end.
        let hash = |n: u32| (u64::from(n % 5) << 62) | (u64::from(n) << 33);
        for step in 0..4000u32 {
            let n = step.wrapping_mul(2_654_435_761) % 200;
            if there.insert(n) {
                slots.insert(hash(n), n);
            } else {
                there.remove(&n);
                slots.remove(hash(n), n);
            }
            let probe = step % 200;
            assert_eq!(slots.find(hash(probe), |p| p == probe).is_some(), there.contains(&probe));
        }
        slots.remove(hash(999), 999);
        assert_eq!(slots.len, there.len());
    }

    #[test]
    fn a_filter_never_loses_a_hash() {
        let mut filter = Filter::new(1000);
        let hash = |n: u64| hash_of([n]);
        (0..1000).for_each(|n| filter.insert(hash(n)));
        assert!((0..1000).all(|n| filter.may_hold(hash(n))));
        assert!((1000..11_000).filter(|n| filter.may_hold(hash(*n))).count() < 1000);
    }
}
