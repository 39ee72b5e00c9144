//! Ids over this wire: UUIDs.

use crate::message::{Id, number};

/// A UUID as text, with or without hyphens.
pub(super) fn uuid(text: &str) -> Option<Id> {
    let text = text.as_bytes();
    let hyphens = [8, 13, 18, 23];
    let mut digits = [0; 32];
    match text.len() {
        32 => digits.copy_from_slice(text),
        36 if hyphens.iter().all(|&at| text[at] == b'-') => {
            for (from, to) in [(0, 8), (9, 13), (14, 18), (19, 23), (24, 36)] {
                // As many places further left as there were hyphens.
                let before = hyphens.iter().filter(|&&at| at < from).count();
                digits[from - before..to - before].copy_from_slice(&text[from..to]);
            }
        }
        _ => return None,
    }
    number(&digits).map(Id::from_u128)
}

#[cfg(test)]
mod tests {
    use super::*;

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
