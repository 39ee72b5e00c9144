//! Ids as Seneca writes them: `<mi>/<tx>`, the message and the transaction that it belongs to, each 12 digits of
//! base 36.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::sync::OnceLock;

use crate::message::{Id, TraceParent};
use crate::seam::{clock, random};

const DIGITS: usize = 12;
/// How many such texts there are; less than 2⁶³.
const TEXTS: u64 = 36_u64.pow(12);

/// The upper half of traces that stand for a Seneca transaction: "senecatx".
const SENECA: u64 = u64::from_be_bytes(*b"senecatx");

/// The id of a Seneca message: `mi/tx` as it is, any other text by its hash, so that repeats have one id.
pub(in crate::transport) fn of_seneca(text: &str) -> Id {
    let parts = text.split_once('/').and_then(|(mi, tx)| Some((number(mi)?, number(tx)?)));
    let (mi, tx) = parts.unwrap_or_else(|| (hash(text, 0), hash(text, 1)));
    Id::from_u128((u128::from(mi) << 64) | u128::from(tx))
}

/// The trace that stands for the transaction of a Seneca message.
pub(in crate::transport) fn trace_of_seneca(text: &str) -> Option<TraceParent> {
    let tx = text.split_once('/').and_then(|(_, tx)| number(tx)).unwrap_or_else(|| hash(text, 1));
    let span = (random::next() | 1) & (u64::MAX >> 1);
    TraceParent::parse(&format!("00-{SENECA:016x}{tx:016x}-{span:016x}-00"))
}

/// The message and the transaction for Seneca. What came from a Seneca goes back as it was.
#[allow(clippy::cast_possible_truncation)] // Halves of 128 bits.
pub(in crate::transport) fn to_seneca(id: Id, trace: Option<TraceParent>) -> (u64, u64) {
    let id = id.as_u128();
    let (high, low) = ((id >> 64) as u64, id as u64);
    // The variant of a UUID, which no transaction of a Seneca has. Of ours the high half is little but the time: a
    // Seneca would take two messages of one millisecond for one, and answer the second with the first one's answer.
    let is_uuid = low >> 62 == 0b10;
    let trace = trace.and_then(|trace| u128::from_str_radix(trace.to_string().get(3..35)?, 16).ok());
    let mi = if is_uuid { low & (u64::MAX >> 2) } else { high };
    (mi, trace.map_or(low, |trace| trace as u64) % TEXTS)
}

/// Whom this process is to Seneca: opaque, compared for equality only.
pub(in crate::transport) fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let (id, start, process) = (text(random::next()), clock::unix_ms(), std::process::id());
        format!("{id}/{start}/{process}/matchbus-{}/-", env!("CARGO_PKG_VERSION"))
    })
}

/// Reads up to 12 digits.
pub(in crate::transport) fn number(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > DIGITS {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number * 36 + u64::from(digit))
    })
}

/// The 12 digits of a number.
pub(in crate::transport) fn digits(number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    let mut rest = number % TEXTS;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    digits
}

/// As [`digits`].
pub(in crate::transport) fn text(number: u64) -> String {
    digits(number).map(char::from).iter().collect()
}

fn hash(text: &str, salt: u8) -> u64 {
    // Its keys are fixed: every process gives a text the same id.
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(salt);
    hasher.write(text.as_bytes());
    hasher.finish() % TEXTS
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_come_back() {
        for one in [0, 1, 35, 36, TEXTS - 1] {
            assert_eq!(number(&text(one)), Some(one));
        }
        assert_eq!((number(""), number("A"), number("0000000000000")), (None, None, None));
    }

    #[test]
    fn ids_of_seneca_cross_without_loss() {
        for id in ["nzm8zcb3egi3/fykd6obk5ss3", "000000000000/zzzzzzzzzzzz", "0a0a0a0a0a0a/000000000001"] {
            let (mi, tx) = to_seneca(of_seneca(id), None);
            assert_eq!(format!("{}/{}", text(mi), text(tx)), id);
            let (_, tx) = to_seneca(Id::generate(), trace_of_seneca(id));
            assert!(id.ends_with(&text(tx)), "{id}: {tx}");
        }
    }

    #[test]
    fn messages_of_one_millisecond_are_not_taken_for_one() {
        let trace = trace_of_seneca("a/b");
        let ids: HashSet<_> = (0..10_000).map(|_| to_seneca(Id::generate(), trace)).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn other_texts_have_a_steady_id() {
        assert_eq!(of_seneca("order 7"), of_seneca("order 7"));
        assert_ne!(of_seneca("order 7"), of_seneca("order 8"));
        assert_ne!(of_seneca("nzm8zcb3egi3x/fykd6obk5ss3"), of_seneca("nzm8zcb3egi3/fykd6obk5ss3"));
    }
}
