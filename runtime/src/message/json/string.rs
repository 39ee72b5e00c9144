//! Strings: where they end, and whether their escapes are allowed (RFC 8259 section 7).

use super::{
    malformed::{Fault, What},
    seen::RESERVED,
    span::Span,
};

const ONES: u64 = u64::MAX / 255;

/// A key, as far as it is known when its end was found.
pub(super) struct Key {
    /// Where its closing quote is.
    pub(super) end: usize,
    pub(super) escaped: bool,
    /// What its [print](crate::pattern::print) is made of, unless it needs a closer look anyway.
    pub(super) words: Option<(u64, u64)>,
}

/// Reads the key whose content starts at `start`.
#[inline(always)]
pub(super) fn key(bytes: &[u8], start: usize) -> Result<Key, Fault> {
    let (mut from, mut first) = (start, None);
    if let Some(word) = word(bytes, start) {
        let hit = special(word);
        if hit == 0 {
            (from, first) = (start + 8, Some(word));
        } else {
            // Most keys end here.
            let len = hit.trailing_zeros() & !7;
            if (word >> len).to_le_bytes()[0] == b'"' {
                let words = Some((word & !(u64::MAX << len), 0));
                return Ok(Key { end: start + (len / 8) as usize, escaped: false, words });
            }
        }
    }
    let (end, escaped) = end(bytes, from)?;
    let first = first.filter(|first| !escaped && *first != RESERVED);
    Ok(Key { end, escaped, words: first.and_then(|first| Some((first, word(bytes, end - 8)?))) })
}

/// Finds the closing quote of the string whose content starts at `at`; says whether there are escapes.
///
/// UTF-8 has been checked, so a byte is either harmless, a quote, a backslash or a control character.
#[inline(always)]
pub(super) fn end(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Fault> {
    let mut escaped = false;
    loop {
        // Most strings of a message end within two words.
        let mut words = 0;
        let byte = loop {
            let Some(word) = word(bytes, at) else {
                // Fewer than eight bytes are left.
                match bytes.get(at) {
                    Some(&byte) if byte >= 0x20 && byte != b'"' && byte != b'\\' => at += 1,
                    Some(&byte) => break byte,
                    None => return Err(Fault::new(What::EndsEarly, bytes.len())),
                }
                continue;
            };
            let hit = special(word);
            if hit != 0 {
                at += (hit.trailing_zeros() / 8) as usize;
                break (word >> (hit.trailing_zeros() & !7)).to_le_bytes()[0];
            }
            at += 8;
            words += 1;
            if words == 3 {
                at = skip_plain(bytes, at);
            }
        };
        match byte {
            b'"' => return Ok((at, escaped)),
            b'\\' => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            _ => return Err(Fault::new(What::ControlCharacter, at)),
        }
    }
}

/// Whether a text can stand between quotes as it is.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let rest = skip_plain(text, 0);
    text[rest..].iter().all(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

/// Eight bytes from `at`, the first one lowest.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    // What fits 32 bits (and `Limits::LARGEST` sees to that) cannot overflow, so that one comparison is enough.
    let at = Span::new(at, at).start as usize;
    Some(u64::from_le_bytes(*bytes.get(at..at + 8)?.first_chunk()?))
}

/// The top bit of each byte that is a quote, a backslash or a control character. Mycroft's test: a borrow can only
/// spoil bytes above a true hit, so the lowest bit is always right.
#[inline(always)]
fn special(word: u64) -> u64 {
    // The flipped bit lets quote and space change places: a quote then stands right behind the control characters.
    let first_33 = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let slash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (first_33 | slash) & !word & (ONES << 7)
}

/// Skips the blocks of a long string that hold nothing special. The loop over a block has no exit, so that the
/// compiler turns it into vector instructions.
#[inline(never)]
#[expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]
fn skip_plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
        let hit = block.iter().fold(false, |hit, &b| hit | (b < 0x20) | (b == b'"') | (b == b'\\'));
        if hit {
            break;
        }
        at += 64;
    }
    at
}

/// Checks the escape whose backslash is at `at`; returns the place behind it. Surrogates must come in pairs, as
/// `serde_json` demands where it builds a `str`.
#[cold]
fn escape(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match hex(bytes, at)? {
            0xDC00..=0xDFFF => Err(Fault::new(What::LoneSurrogate, at)),
            0xD800..=0xDBFF => {
                match (bytes.get(at + 6), bytes.get(at + 7)) {
                    (None, _) | (Some(b'\\'), None) => return Err(Fault::new(What::EndsEarly, bytes.len())),
                    (Some(b'\\'), Some(b'u')) => {}
                    _ => return Err(Fault::new(What::LoneSurrogate, at)),
                }
                match hex(bytes, at + 6)? {
                    0xDC00..=0xDFFF => Ok(at + 12),
                    _ => Err(Fault::new(What::LoneSurrogate, at)),
                }
            }
            _ => Ok(at + 6),
        },
        Some(_) => Err(Fault::new(What::BadEscape, at)),
        None => Err(Fault::new(What::EndsEarly, bytes.len())),
    }
}

/// The four hexadecimal digits of the `\u` at `at`.
fn hex(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let mut code = 0;
    for i in at + 2..at + 6 {
        let &byte = bytes.get(i).ok_or(Fault::new(What::EndsEarly, bytes.len()))?;
        let digit = char::from(byte).to_digit(16).ok_or(Fault::new(What::BadEscape, at))?;
        code = code * 16 + digit;
    }
    Ok(code)
}

/// The text of a string that the pass accepted, given with its quotes.
pub(super) fn unescape(quoted: &str) -> String {
    // As a number's text in `scan.rs`.
    serde_json::from_str(quoted).expect("the pass accepts only strings that serde_json accepts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found() {
        for byte in 0..=u8::MAX {
            let wanted = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..8 {
                for filler in [b' ', b'!', b'#', b'[', b']', b'a', 0x7F, 0x80, 0xFF] {
                    let mut bytes = [filler; 8];
                    bytes[place] = byte;
                    let hit = special(u64::from_le_bytes(bytes));
                    let found = (hit != 0).then(|| hit.trailing_zeros() as usize / 8);
                    assert_eq!(found, wanted.then_some(place), "{bytes:?}");
                }
            }
        }
    }
}
