//! Ids over this wire: matchbus's UUIDs, and Seneca's `mi/tx`.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::sync::OnceLock;

use crate::message::{Id, TraceParent};
use crate::seam::{clock, random};

/// How many texts of twelve characters `[0-9a-z]` there are; less than 2⁶³.
const TEXTS: u64 = 36_u64.pow(12);

/// The upper half of traces that stand for a Seneca transaction: "senecatx".
const SENECA: u64 = u64::from_be_bytes(*b"senecatx");

/// A UUID as text, with or without hyphens.
pub(super) fn uuid(text: &str) -> Option<Id> {
    let hex: String = match text.len() {
        32 => text.into(),
        36 if [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-') => text.replace('-', ""),
        _ => return None,
    };
    let all_hex = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_hex.then(|| u128::from_str_radix(&hex, 16).ok().map(Id::from_u128)).flatten()
}

/// The id of a Seneca message: `mi/tx` as it is, any other text by its hash, so that repeats have one id.
pub(super) fn of_seneca(text: &str) -> Id {
    let parts = text.split_once('/').and_then(|(mi, tx)| Some((number(mi)?, number(tx)?)));
    let (mi, tx) = parts.unwrap_or_else(|| (hash(text, 0), hash(text, 1)));
    Id::from_u128((u128::from(mi) << 64) | u128::from(tx))
}

/// The trace that stands for the transaction of a Seneca message.
pub(super) fn trace_of_seneca(text: &str) -> Option<TraceParent> {
    let tx = text.split_once('/').and_then(|(_, tx)| number(tx)).unwrap_or_else(|| hash(text, 1));
    let span = (random::next() | 1) & (u64::MAX >> 1);
    TraceParent::parse(&format!("00-{SENECA:016x}{tx:016x}-{span:016x}-00"))
}

/// The message and the transaction id for Seneca.
#[allow(clippy::cast_possible_truncation)] // Halves of 128 bits.
pub(super) fn to_seneca(id: Id, trace: Option<TraceParent>) -> (String, String) {
    let id = id.as_u128();
    let trace = trace.and_then(|trace| u128::from_str_radix(trace.to_string().get(3..35)?, 16).ok());
    let tx = trace.unwrap_or(id) as u64;
    (text((id >> 64) as u64), text(tx))
}

/// Whom this process is to Seneca: opaque, compared for equality only.
pub(super) fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let (id, start, process) = (text(random::next()), clock::unix_ms(), std::process::id());
        format!("{id}/{start}/{process}/matchbus-{}/-", env!("CARGO_PKG_VERSION"))
    })
}

fn number(text: &str) -> Option<u64> {
    let fits = (1..=12).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    fits.then(|| u64::from_str_radix(text, 36).ok()).flatten()
}

fn text(number: u64) -> String {
    let mut rest = number % TEXTS;
    let mut digits = ['0'; 12];
    for digit in digits.iter_mut().rev() {
        let low = u32::try_from(rest % 36).unwrap_or(0);
        *digit = char::from_digit(low, 36).unwrap_or('0');
        rest /= 36;
    }
    digits.iter().collect()
}

fn hash(text: &str, salt: u8) -> u64 {
    // Its keys are fixed: every process gives a text the same id.
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(salt);
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_seneca_cross_without_loss() {
        for text in ["nzm8zcb3egi3/fykd6obk5ss3", "000000000000/zzzzzzzzzzzz", "0a0a0a0a0a0a/000000000001"] {
            let (mi, tx) = to_seneca(of_seneca(text), None);
            assert_eq!(format!("{mi}/{tx}"), text);
            let (_, tx) = to_seneca(Id::generate(), trace_of_seneca(text));
            assert!(text.ends_with(&tx), "{text}: {tx}");
        }
    }

    #[test]
    fn other_texts_have_a_steady_id() {
        assert_eq!(of_seneca("order 7"), of_seneca("order 7"));
        assert_ne!(of_seneca("order 7"), of_seneca("order 8"));
        assert_ne!(of_seneca("nzm8zcb3egi3x/fykd6obk5ss3"), of_seneca("nzm8zcb3egi3/fykd6obk5ss3"));
    }

    #[test]
    fn uuids_are_read_as_they_are_written() {
        let id = Id::generate();
        assert_eq!(uuid(&id.to_string()), Some(id));
        assert_eq!(uuid(&id.to_string().replace('-', "").to_uppercase()), Some(id));
        for bad in
            ["", "7", "0193-", "g1234567-1234-1234-1234-123456789abc", "é123456-1234-1234-1234-123456789abc"]
        {
            assert_eq!(uuid(bad), None, "{bad}");
        }
    }
}
