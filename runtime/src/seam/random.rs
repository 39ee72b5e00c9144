//! Randomness: for ids and jitter, not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

thread_local! {
    /// The generator's state; 0 stands for "not seeded yet".
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// Makes this thread's sequence repeatable from here on.
///
/// ```
/// use matchbus::seam::random;
///
/// random::seed(7);
/// let first = random::next();
/// random::seed(7);
/// assert_eq!(random::next(), first);
/// ```
pub fn seed(seed: u64) {
    STATE.set(mix(seed) | 1);
}

/// The next 64 random bits of this thread (Wyrand).
pub fn next() -> u64 {
    STATE.with(|state| {
        let mut now = state.get();
        if now == 0 {
            // `RandomState` is the standard library's one door to the system's entropy.
            now = RandomState::new().build_hasher().finish() | 1;
        }
        let next = now.wrapping_add(0xa076_1d64_78bd_642f);
        state.set(if next == 0 { 1 } else { next });
        mix(next)
    })
}

fn mix(n: u64) -> u64 {
    let wide = u128::from(n) * u128::from(n ^ 0xe703_7ed1_a0b4_28db);
    #[allow(clippy::cast_possible_truncation)]
    let folded = (wide as u64) ^ ((wide >> 64) as u64);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_the_sequence_and_another_does_not() {
        seed(1);
        let a: Vec<u64> = (0..4).map(|_| next()).collect();
        seed(1);
        assert_eq!(a, (0..4).map(|_| next()).collect::<Vec<_>>());
        seed(2);
        assert_ne!(a, (0..4).map(|_| next()).collect::<Vec<_>>());
    }
}
