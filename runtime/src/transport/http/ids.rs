//! Ids over this wire: UUIDs.

use crate::message::Id;

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
