use std::fmt::{self, Write as _};

/// The text JavaScript gives a number (`String(n)`), without allocating.
///
/// ```
/// use matchbus::pattern::NumberText;
///
/// assert_eq!(NumberText::from(1.0).as_str(), "1");
/// assert_eq!(NumberText::from(1e21).as_str(), "1e+21");
/// assert_eq!(NumberText::from(1e-7).as_str(), "1e-7");
/// assert_eq!(NumberText::from(-5).as_str(), "-5");
/// ```
///
/// Integers that a double cannot hold come out rounded, as JavaScript reads them: 2⁵³ + 1 is
/// `9007199254740992`.
#[derive(Clone, Copy)]
pub struct NumberText {
    bytes: [u8; 32],
    len: u8,
}

impl NumberText {
    const EMPTY: NumberText = NumberText { bytes: [0; 32], len: 0 };

    /// The text.
    pub fn as_str(&self) -> &str {
        // Only whole `str`s are ever written, so this cannot fail.
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }

    fn push(&mut self, text: &str) {
        // 32 bytes hold every number: at most 17 digits, a sign, a point, 6 zeros or `e-324`.
        let _ = self.write_str(text);
    }

    fn zeros(&mut self, count: usize) {
        self.push(&"000000000000000000000"[..count.min(21)]);
    }
}

impl From<i64> for NumberText {
    fn from(n: i64) -> Self {
        const SAFE: u64 = 1 << 53;
        if n.unsigned_abs() > SAFE {
            #[expect(clippy::cast_precision_loss, reason = "JavaScript rounds here, and so do we")]
            return NumberText::from(n as f64);
        }
        let mut text = NumberText::EMPTY;
        let _ = write!(text, "{n}");
        text
    }
}

impl From<f64> for NumberText {
    fn from(n: f64) -> Self {
        let mut out = NumberText::EMPTY;
        if !n.is_finite() {
            out.push(if n.is_nan() {
                "NaN"
            } else if n > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            });
            return out;
        }
        if n == 0.0 {
            out.push("0"); // JavaScript writes -0 so too
            return out;
        }
        if n < 0.0 {
            out.push("-");
        }
        // Rust's `{:e}` gives the shortest digits that read back as the same number, as ECMAScript asks.
        let mut short = NumberText::EMPTY;
        let _ = write!(short, "{:e}", n.abs());
        let (mantissa, exponent) = short.as_str().split_once('e').unwrap_or((short.as_str(), "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let mut digits = NumberText::EMPTY;
        mantissa.split('.').for_each(|part| digits.push(part));
        let digits = digits.as_str();
        let point = exponent + 1; // digits before the decimal point
        let whole = usize::try_from(point).unwrap_or(0);
        if !(-5..=21).contains(&point) {
            out.push(&digits[..1]);
            if digits.len() > 1 {
                out.push(".");
                out.push(&digits[1..]);
            }
            let _ = write!(out, "e{exponent:+}");
        } else if point <= 0 {
            out.push("0.");
            out.zeros(usize::try_from(-point).unwrap_or(0));
            out.push(digits);
        } else if whole >= digits.len() {
            out.push(digits);
            out.zeros(whole - digits.len());
        } else {
            out.push(&digits[..whole]);
            out.push(".");
            out.push(&digits[whole..]);
        }
        out
    }
}

impl fmt::Write for NumberText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let from = usize::from(self.len);
        let room = self.bytes.get_mut(from..from + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = u8::try_from(from + text.len()).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

impl fmt::Debug for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "the digits are the point")]
mod tests {
    use super::NumberText;

    #[test]
    fn floats_are_written_as_javascript_does() {
        for (number, text) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (-1234.5, "-1234.5"),
            (0.1, "0.1"),
            (0.30000000000000004, "0.30000000000000004"),
            (1e20, "100000000000000000000"),
            (1.2345678901234567e20, "123456789012345670000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"),
            (1.25e-6, "0.00000125"),
            (1e-7, "1e-7"),
            (-1.7976931348623157e308, "-1.7976931348623157e+308"),
            (-1.2345678901234567e-6, "-0.0000012345678901234567"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(NumberText::from(number).as_str(), text);
        }
    }

    #[test]
    fn large_integers_round_as_doubles_do() {
        assert_eq!(NumberText::from(9_007_199_254_740_993).as_str(), "9007199254740992");
        assert_eq!(NumberText::from(9_007_199_254_740_991).as_str(), "9007199254740991");
        assert_eq!(NumberText::from(i64::MIN).as_str(), "-9223372036854776000");
    }
}
