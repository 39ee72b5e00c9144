//! Percent-encoding (RFC 3986, section 2.1), for what goes into headers.

/// For a header's value: visible ASCII without `%` stays.
pub(super) fn value(text: &str) -> String {
    encode(text, |byte| byte.is_ascii_graphic() && byte != b'%')
}

/// For a header's name, where upper and lower case are one: only what is the same in both stays. A `%` is a legal
/// character of a name, and hex digits are read in either case.
pub(super) fn name(text: &str) -> String {
    encode(text, |byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    })
}

fn encode(text: &str, stays: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            encoded.push(byte.into());
        } else {
            encoded.push('%');
            encoded.push(HEX[usize::from(byte >> 4)].into());
            encoded.push(HEX[usize::from(byte & 15)].into());
        }
    }
    encoded
}

/// Back again; `None` if a `%` is not followed by two hex digits, or it is no UTF-8.
pub(super) fn decode(text: &[u8]) -> Option<String> {
    if !text.contains(&b'%') {
        return String::from_utf8(text.to_vec()).ok();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(*rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        for text in ["", "acme", "Größe %41\n\"x\"", "A-b.c_d", "100%"] {
            assert_eq!(decode(value(text).as_bytes()).as_deref(), Some(text));
            let name = name(text);
            assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name}");
            assert_eq!(decode(name.as_bytes()).as_deref(), Some(text));
            assert_eq!(
                decode(name.to_uppercase().as_bytes()).map(|t| t.to_lowercase()),
                Some(text.to_lowercase())
            );
        }
        assert_eq!((decode(b"%4"), decode(b"%zz"), decode(b"%ff")), (None, None, None));
    }
}
