use super::hash::fold;

const EMPTY: u32 = u32::MAX;

/// A hash table of `u32`s in eight bytes a slot: 32 bits of the hash and the payload.
///
/// The upper bits of the kept hash are the home slot, so the table grows without asking for hashes again.
#[derive(Clone)]
pub(super) struct Slots {
    slots: Vec<(u32, u32)>,
    shift: u32,
    len: usize,
}

impl Slots {
    pub(super) fn new() -> Self {
        Slots::with_bits(3)
    }

    fn with_bits(bits: u32) -> Self {
        Slots { slots: vec![(0, EMPTY); 1 << bits], shift: 32 - bits, len: 0 }
    }

    /// The first payload kept under this hash for which `is_it` says yes.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let print = print(hash);
        let mut at = self.home(print);
        loop {
            let (kept, payload) = self.slots[at];
            if payload == EMPTY {
                return None;
            }
            if kept == print && is_it(payload) {
                return Some(payload);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds a payload, which must not be `u32::MAX`.
    pub(super) fn insert(&mut self, hash: u64, payload: u32) {
        // Two thirds full, linear probing looks at two or three slots on average.
        if self.len * 3 >= self.slots.len() * 2 {
            self.grow();
        }
        self.place(print(hash), payload);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, hash: u64, payload: u32) {
        let mask = self.slots.len() - 1;
        let mut hole = self.home(print(hash));
        while self.slots[hole].1 != payload {
            if self.slots[hole].1 == EMPTY {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.len -= 1;
        // Move later entries of the run back, unless their home is after the hole.
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            let (kept, payload) = self.slots[next];
            if payload == EMPTY {
                break;
            }
            if next.wrapping_sub(self.home(kept)) & mask >= next.wrapping_sub(hole) & mask {
                self.slots[hole] = (kept, payload);
                hole = next;
            }
        }
        self.slots[hole] = (0, EMPTY);
    }

    /// Replaces every payload by what `new` makes of it.
    pub(super) fn renumber(&mut self, mut new: impl FnMut(u32) -> u32) {
        for slot in self.slots.iter_mut().filter(|slot| slot.1 != EMPTY) {
            slot.1 = new(slot.1);
        }
    }

    #[inline]
    fn home(&self, print: u32) -> usize {
        (print >> self.shift) as usize
    }

    fn place(&mut self, print: u32, payload: u32) {
        let mut at = self.home(print);
        while self.slots[at].1 != EMPTY {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = (print, payload);
    }

    #[cold]
    fn grow(&mut self) {
        assert!(self.shift > 0, "a router holds at most 2^32 entries of a kind");
        let old = std::mem::replace(self, Slots::with_bits(33 - self.shift));
        self.len = old.len;
        for (print, payload) in old.slots.into_iter().filter(|slot| slot.1 != EMPTY) {
            self.place(print, payload);
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "shifted down to 32 bits")]
fn print(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A set of hashes that may say yes wrongly (some 5 %), in one byte a hash: asked before a large table, it saves a
/// cache miss for most hashes that are not there.
#[derive(Clone)]
pub(super) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    pub(super) fn new(hashes: usize) -> Self {
        Filter { words: vec![0; (hashes / 8).next_power_of_two()] }
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

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "masked")]
    fn at(&self, hash: u64) -> usize {
        (hash >> 12) as usize & (self.words.len() - 1)
    }
}

#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
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
