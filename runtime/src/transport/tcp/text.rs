//! JSON text, written piece by piece.

use std::io::Write;

/// A string with its quotes and escapes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string can be written to memory");
}

/// Any number.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    write!(out, "{number}").expect("a number can be written to memory");
}

/// JSON as it is, on one line: outside of strings a line break is only space, and inside of strings there is none.
pub(super) fn splice(out: &mut Vec<u8>, json: &[u8]) {
    let start = out.len();
    out.extend_from_slice(json);
    if json.contains(&b'\n') {
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
    fn spliced_json_has_no_line_breaks() {
        let mut out = Vec::new();
        splice(&mut out, b"{\n \"a\": 1\r\n}");
        assert_eq!(out, b"{  \"a\": 1\r }");
    }
}
