use std::time::Duration;

/// Reads a time of an address: `250ms`, `10s` or `5m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let factor = match &text[unit..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    text[..unit].parse::<u64>().ok()?.checked_mul(factor).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, ms) in [("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("0s", 0)] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)));
        }
        for text in ["", "10", "s", "-1s", "1.5s", "1h", "99999999999999999999ms", "9999999999999999999m"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
