//! A small fast hash for short texts. Its quality matters for speed only: every answer is compared exactly.

#![expect(clippy::cast_possible_truncation, reason = "a hash mixes by cutting")]

const K1: u64 = 0x9E37_79B9_7F4A_7C15;
const K2: u64 = 0xD6E8_FEB8_6659_FD93;

#[inline]
pub(super) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
pub(super) fn mix(a: u64, b: u64) -> u64 {
    fold(a ^ K1, b ^ K2)
}

#[inline]
pub(super) fn bytes(seed: u64, b: &[u8]) -> u64 {
    let n = b.len();
    let (x, y, mut state) = if let (Some(last), Some(first)) = (b.last_chunk::<8>(), b.first_chunk::<8>()) {
        let last = u64::from_le_bytes(*last);
        if n <= 16 { (u64::from_le_bytes(*first), last, seed) } else { long(seed, b, last) }
    } else if let (Some(last), Some(first)) = (b.last_chunk::<4>(), b.first_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)), seed)
    } else if n > 0 {
        (u64::from(b[0]), u64::from(b[n / 2]) << 8 | u64::from(b[n - 1]), seed)
    } else {
        (0, 0, seed)
    };
    state ^= (n as u64).wrapping_mul(K2);
    fold(x ^ state ^ K1, y ^ state.rotate_left(32) ^ K2)
}

#[inline(never)]
fn long(seed: u64, b: &[u8], last: u64) -> (u64, u64, u64) {
    let mut state = seed;
    let (words, _) = b.as_chunks::<8>();
    let mut pairs = words.chunks_exact(2);
    for two in &mut pairs {
        state = fold(u64::from_le_bytes(two[0]) ^ state ^ K1, u64::from_le_bytes(two[1]) ^ K2);
    }
    let odd = pairs.remainder().first().map_or(0, |word| u64::from_le_bytes(*word));
    (odd, last, state)
}

/// Equality of short texts without a call to `memcmp`.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    let n = a.len();
    if n != b.len() {
        return false;
    }
    match n {
        0 => true,
        1..=3 => a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1],
        4..=7 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_byte_counts() {
        for len in 0..80usize {
            let base = vec![7u8; len];
            let mut seen = HashSet::from([bytes(1, &base)]);
            assert!(same(&base, &base.clone()));
            for i in 0..len {
                let mut other = base.clone();
                other[i] = 8;
                assert!(seen.insert(bytes(1, &other)), "byte {i} of {len}");
                assert!(!same(&base, &other));
            }
            assert_ne!(bytes(1, &base), bytes(2, &base));
        }
    }
}
