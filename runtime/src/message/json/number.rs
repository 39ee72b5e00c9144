//! Numbers: their grammar (RFC 8259 section 6), and the plain ones by hand.

use super::{
    malformed::{Fault, What},
    span::Kind,
};

/// Finds the end of the number at `at`, which starts with a digit or a minus sign.
#[inline(always)]
pub(super) fn end(text: &str, at: usize) -> Result<(usize, Kind), Fault> {
    let bytes = text.as_bytes();
    let mut i = at;
    if bytes.get(i) == Some(&b'-') {
        i += 1;
    }
    let first = i;
    i = digits(bytes, i);
    if i == first {
        return Err(missing_digit(bytes, i));
    }
    if bytes[first] == b'0' && i > first + 1 {
        return Err(Fault::new(What::LeadingZero, first));
    }
    let mut kind = Kind::Integer;
    if bytes.get(i) == Some(&b'.') {
        let first = i + 1;
        i = digits(bytes, first);
        if i == first {
            return Err(missing_digit(bytes, i));
        }
        kind = Kind::Decimal;
    }
    match bytes.get(i) {
        Some(b'e' | b'E') => exponent(text, at, i),
        // Up to 300 digits are certain to be finite.
        _ if i - at > 300 => Ok((in_range(text, at, i)?, kind)),
        _ => Ok((i, kind)),
    }
}

/// The exponent, whose letter is at `i`.
#[cold]
fn exponent(text: &str, at: usize, i: usize) -> Result<(usize, Kind), Fault> {
    let bytes = text.as_bytes();
    let first = if matches!(bytes.get(i + 1), Some(b'+' | b'-')) { i + 2 } else { i + 1 };
    let end = digits(bytes, first);
    if end == first {
        return Err(missing_digit(bytes, end));
    }
    Ok((in_range(text, at, end)?, Kind::Decimal))
}

/// Refuses what no `f64` can hold, by `serde_json`'s own judgement: it would not decode such a number either.
#[cold]
fn in_range(text: &str, at: usize, end: usize) -> Result<usize, Fault> {
    match serde_json::from_str::<f64>(&text[at..end]) {
        Ok(_) => Ok(end),
        Err(_) => Err(Fault::new(What::HugeNumber, at)),
    }
}

#[inline(always)]
fn digits(bytes: &[u8], mut i: usize) -> usize {
    while bytes.get(i).is_some_and(u8::is_ascii_digit) {
        i += 1;
    }
    i
}

#[cold]
fn missing_digit(bytes: &[u8], at: usize) -> Fault {
    Fault::new(if at >= bytes.len() { What::EndsEarly } else { What::BadNumber }, at)
}

/// An integer as `serde_json` hands it to a visitor.
pub(super) enum Integer {
    Unsigned(u64),
    Signed(i64),
}

/// Reads the text of an integer; nothing for those that are better left to `serde_json`: `-0`, which it makes a
/// float, and those that may not fit.
#[inline]
pub(super) fn integer(text: &str) -> Option<Integer> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if digits.len() > 18 {
        return None;
    }
    let n = digits.iter().fold(0, |n: u64, d| n * 10 + u64::from(d - b'0'));
    match negative {
        false => Some(Integer::Unsigned(n)),
        true if n == 0 => None,
        #[expect(clippy::cast_possible_wrap, reason = "18 digits fit")]
        true => Some(Integer::Signed(-(n as i64))),
    }
}

/// Reads a short decimal such as `-9.99`; nothing for those with an exponent or many digits. A mantissa below 2^53
/// over a power of ten up to 10^22 is rounded once, so this is what any correct reader gives (Clinger's fast path).
#[inline]
pub(super) fn decimal(text: &str) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut n, mut point) = (0u64, digits.len());
    for (i, &d) in digits.iter().enumerate() {
        match d {
            b'0'..=b'9' => n = n * 10 + u64::from(d - b'0'),
            b'.' => point = i + 1,
            _ => return None,
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "15 digits are exact")]
    let value = n as f64 / POWERS.get(digits.len() - point)?;
    Some(if negative { -value } else { value })
}
