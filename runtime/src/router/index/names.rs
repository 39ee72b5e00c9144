use crate::router::hash;
use crate::router::store::Store;

/// How many slots there are: with 63 names one multiplier in seven has no collision.
const BITS: u32 = 10;

/// How many multipliers are tried.
const TRIES: u64 = 256;

/// No name.
const NO: u8 = u8::MAX;

/// Finds the number of a name by its length and three of its bytes, when those tell all names apart.
///
/// Most keys of a message are turned away by one load, without hashing them.
#[derive(Clone)]
pub(super) struct Names {
    /// 0 when no multiplier was found.
    multiplier: u64,
    slots: Box<[u8; 1 << BITS]>,
}

impl Names {
    /// For a store of fewer than 255 names.
    pub(super) fn build(store: &Store) -> Self {
        let mut multipliers = (1..=TRIES).map(|n| hash::mix(n, 0) | 1);
        let found = multipliers.find_map(|multiplier| Some((multiplier, place(store.names(), multiplier)?)));
        let (multiplier, slots) = found.unwrap_or((0, Box::new([NO; 1 << BITS])));
        Names { multiplier, slots }
    }

    #[inline(always)]
    pub(super) fn get(&self, store: &Store, name: &str) -> Option<u32> {
        if self.multiplier == 0 || name.is_empty() {
            return store.name(name);
        }
        let number = self.slots[slot(name.as_bytes(), self.multiplier)];
        let known = store.names().get(usize::from(number))?;
        hash::same(known.as_bytes(), name.as_bytes()).then_some(u32::from(number))
    }
}

/// Puts every name in its slot; none if two share one.
fn place(names: &[Box<str>], multiplier: u64) -> Option<Box<[u8; 1 << BITS]>> {
    let mut slots = Box::new([NO; 1 << BITS]);
    for (number, name) in (0u8..NO).zip(names) {
        if name.is_empty() {
            continue;
        }
        let slot = &mut slots[slot(name.as_bytes(), multiplier)];
        if *slot != NO {
            return None;
        }
        *slot = number;
    }
    Some(slots)
}

/// The slot of a name that is not empty.
#[inline(always)]
fn slot(name: &[u8], multiplier: u64) -> usize {
    let n = name.len();
    let seen =
        u64::from(name[0]) | u64::from(name[n / 2]) << 8 | u64::from(name[n - 1]) << 16 | (n as u64) << 24;
    (seen.wrapping_mul(multiplier) >> (64 - BITS)) as usize
}
