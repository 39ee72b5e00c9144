use crate::pattern::{Fields, print};
use crate::router::hash;
use crate::router::store::Store;

/// How many slots there are: with 63 names one multiplier in seven has no collision.
const BITS: u32 = 10;

/// How many multipliers are tried.
const TRIES: u64 = 256;

/// No name.
const NO: u8 = u8::MAX;

/// Finds the number of a name by a hash that tells all names apart: by its [`print`], where the message has it, or by its
/// length and three of its bytes.
///
/// Most keys of a message are turned away by one load, without a look at the whole of them.
#[derive(Clone)]
pub(super) struct Names {
    by_print: Slots,
    by_bytes: Slots,
}

/// A slot for each name, and the multiplier that gives each its own.
#[derive(Clone)]
struct Slots {
    /// 0 when no multiplier was found.
    multiplier: u64,
    slots: Box<[u8; 1 << BITS]>,
}

impl Names {
    /// For a store of fewer than 255 names.
    pub(super) fn build(store: &Store) -> Self {
        Names {
            by_print: Slots::build(store.names(), |name| Some(print::of(name).into())),
            by_bytes: Slots::build(store.names(), |name| (!name.is_empty()).then(|| seen(name.as_bytes()))),
        }
    }

    /// The next key of a message that some pattern names, from `field` on, and the name's number.
    #[inline(always)]
    pub(super) fn next<F: Fields + ?Sized>(
        &self,
        store: &Store,
        message: &F,
        mut field: usize,
    ) -> Option<(usize, u32)> {
        // A loop and no iterator, whose closure would not be inlined.
        while field < message.len() {
            if let Some(name) = self.get(store, message, field) {
                return Some((field, name));
            }
            field += 1;
        }
        None
    }

    #[inline(always)]
    fn get<F: Fields + ?Sized>(&self, store: &Store, message: &F, field: usize) -> Option<u32> {
        let number = match message.print(field) {
            Some(print) if self.by_print.multiplier != 0 => self.by_print.get(print.into()),
            _ => {
                let name = message.name(field);
                if self.by_bytes.multiplier == 0 || name.is_empty() {
                    return store.name(name);
                }
                self.by_bytes.get(seen(name.as_bytes()))
            }
        };
        let known = store.names().get(usize::from(number))?;
        hash::same(known.as_bytes(), message.name(field).as_bytes()).then_some(u32::from(number))
    }
}

impl Slots {
    fn build(names: &[Box<str>], hash: impl Fn(&str) -> Option<u64>) -> Self {
        let mut multipliers = (1..=TRIES).map(|n| hash::mix(n, 0) | 1);
        let found = multipliers.find_map(|multiplier| Some((multiplier, place(names, &hash, multiplier)?)));
        let (multiplier, slots) = found.unwrap_or((0, Box::new([NO; 1 << BITS])));
        Slots { multiplier, slots }
    }

    #[inline(always)]
    fn get(&self, hash: u64) -> u8 {
        self.slots[slot(hash, self.multiplier)]
    }
}

/// Puts every name that has a hash in its slot; none if two share one.
fn place(
    names: &[Box<str>],
    hash: impl Fn(&str) -> Option<u64>,
    multiplier: u64,
) -> Option<Box<[u8; 1 << BITS]>> {
    let mut slots = Box::new([NO; 1 << BITS]);
    for (number, name) in (0u8..NO).zip(names) {
        let Some(hash) = hash(name) else { continue };
        let slot = &mut slots[slot(hash, multiplier)];
        if *slot != NO {
            return None;
        }
        *slot = number;
    }
    Some(slots)
}

#[inline(always)]
fn slot(hash: u64, multiplier: u64) -> usize {
    (hash.wrapping_mul(multiplier) >> (64 - BITS)) as usize
}

/// The length and three bytes of a name that is not empty.
#[inline(always)]
fn seen(name: &[u8]) -> u64 {
    let n = name.len();
    u64::from(name[0]) | u64::from(name[n / 2]) << 8 | u64::from(name[n - 1]) << 16 | (n as u64) << 24
}
