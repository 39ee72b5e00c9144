//! JSON text, written piece by piece.

/// A string with its quotes and escapes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string can be written to memory");
}

/// Any number.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    // `write!` takes several times as long.
    let (mut digits, mut at, mut rest) = ([0; 20], 20, number);
    loop {
        at -= 1;
        digits[at] = b"0123456789"[(rest % 10) as usize];
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

/// JSON as it is, on one line: outside of strings a line break is only space, and inside of strings there is none.
pub(super) fn splice(out: &mut Vec<u8>, json: &[u8]) {
    let start = out.len();
    out.extend_from_slice(json);
    if memchr::memchr(b'\n', json).is_some() {
        for byte in &mut out[start..] {
            if *byte == b'\n' {
                *byte = b' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written() {
        for one in [0, 9, 10, 5_000, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, one);
            assert_eq!(out, one.to_string().as_bytes());
        }
    }

    #[test]
    fn spliced_json_has_no_line_breaks() {
        let mut out = Vec::new();
        splice(&mut out, b"{\n \"a\": 1\r\n}");
        assert_eq!(out, b"{  \"a\": 1\r }");
    }
}
