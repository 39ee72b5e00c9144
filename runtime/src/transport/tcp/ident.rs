//! Ids as Seneca writes them: `<mi>/<tx>`, each 12 digits of base 36.

use std::sync::OnceLock;

use crate::message::{Id, TraceParent};
use crate::seam::{clock, random};

const DIGITS: usize = 12;
/// What 12 digits can hold; a bit more than 2^62.
const VALUES: u64 = 36u64.pow(12);
/// Numbers made here are of 62 bits.
pub(super) const MASK: u64 = (1 << 62) - 1;

/// Writes 12 digits.
pub(super) fn write(out: &mut Vec<u8>, number: u64) {
    let mut digits = [b'0'; DIGITS];
    let mut rest = number % VALUES;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    out.extend_from_slice(&digits);
}

/// Reads up to 12 digits.
pub(super) fn read(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > DIGITS {
        return None;
    }
    text.bytes().try_fold(0u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number * 36 + u64::from(digit))
    })
}

/// The message part of an id in quotes.
pub(super) fn quoted_message_part(raw: &str) -> Option<u64> {
    let id = raw.strip_prefix('"')?.strip_suffix('"')?;
    read(id.split('/').next()?)
}

/// What an id of Seneca's is here: the message's id, and the trace it belongs to.
pub(super) fn meaning(id: &str) -> Option<(Id, Option<TraceParent>)> {
    let (mi, tx) = id.split_once('/')?;
    let (mi, tx) = (read(mi)?, read(tx)?);
    let id = Id::from_u128((u128::from(mi) << 64) | u128::from(tx));
    Some((id, TraceParent::parse(&format!("00-{tx:032x}-{mi:016x}-00"))))
}

/// The transaction part for a trace; a trace that came from a Seneca goes back as it was.
pub(super) fn transaction(trace: &TraceParent) -> Option<u64> {
    let text = trace.to_string();
    let hex = text.split('-').nth(1)?;
    u64::from_str_radix(hex.get(16..)?, 16).ok()
}

/// The message part for a message's id; an id that came from a Seneca goes back as it was.
pub(super) fn of_id(id: Id) -> u64 {
    let bits = id.as_u128();
    #[allow(clippy::cast_possible_truncation)]
    let (high, low) = ((bits >> 64) as u64, bits as u64);
    // Only ids of ours are UUIDs of version 7, whose random part is the low one.
    let ours = (high >> 12) & 0xf == 7 && high >= VALUES;
    if ours { low & MASK } else { high % VALUES }
}

/// This process, as Seneca names its instances.
pub(super) fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let mut text = Vec::new();
        write(&mut text, random::next());
        let text = String::from_utf8_lossy(&text);
        format!("{text}/{}/{}/{}/matchbus", clock::unix_ms(), std::process::id(), env!("CARGO_PKG_VERSION"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 35, 36, MASK, VALUES - 1] {
            let mut text = Vec::new();
            write(&mut text, number);
            assert_eq!((text.len(), read(str::from_utf8(&text).unwrap())), (12, Some(number)));
        }
        assert_eq!((read(""), read("A"), read("0000000000000")), (None, None, None));
    }

    #[test]
    fn seneca_s_ids_go_back_as_they_came() {
        let (id, trace) = meaning("nzm8zcb3egi3/fykd6obk5ss3").unwrap();
        let mut text = Vec::new();
        write(&mut text, of_id(id));
        text.push(b'/');
        write(&mut text, transaction(&trace.unwrap()).unwrap());
        assert_eq!(text, b"nzm8zcb3egi3/fykd6obk5ss3");
        assert!(meaning("plain").is_none());
        assert_eq!((quoted_message_part("\"z/y\""), quoted_message_part("null")), (Some(35), None));
    }
}
