//! Prints of names: a hash that costs next to nothing while a name is being read, eight bytes at a time.
//!
//! Its quality matters for speed only: whoever finds something by a print compares the names.

/// Of the name's first eight bytes and its last eight ones, the first of them lowest, and its length. Of a name with
/// fewer than eight bytes the missing ones are 0, and so is `last`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is a part of the pass over a message, which is one loop")]
pub(crate) fn of_words(first: u64, last: u64, len: usize) -> u32 {
    let mixed = (first ^ last.rotate_left(29)).wrapping_add(len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

/// Of a name that is not read in words.
pub(crate) fn of(name: &str) -> u32 {
    let bytes = name.as_bytes();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return of_words(u64::from_le_bytes(*first), u64::from_le_bytes(*last), bytes.len());
    }
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    of_words(u64::from_le_bytes(word), 0, bytes.len())
}
