use std::fmt;

/// Text with wild cards: `*` is any run of characters, `?` is one; `**` is a literal `*`, `*?` a literal `?`.
///
/// ```
/// use matchbus::pattern::Glob;
///
/// let glob = Glob::new("eu-*").unwrap();
/// assert!(glob.fits("eu-west"));
/// assert!(!glob.fits("us-east"));
/// assert_eq!(Glob::new("eu"), None);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(Box<str>);

impl Glob {
    /// The glob that fits every text; as a pattern's value it means "present".
    pub fn any() -> Self {
        Glob("*".into())
    }

    /// Reads a glob; none when the text has no wild card that is not escaped.
    pub fn new(source: &str) -> Option<Self> {
        is_glob(source).then(|| Glob(source.into()))
    }

    /// What it was read from.
    pub fn source(&self) -> &str {
        &self.0
    }

    /// Whether this is `*`.
    pub fn is_any(&self) -> bool {
        &*self.0 == "*"
    }

    /// Whether the whole text fits; `?` is one `char`.
    ///
    /// The work is at most the length of the glob times the length of the text.
    pub fn fits(&self, text: &str) -> bool {
        fits(&self.0, text)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Whether a text has a wild card that is not escaped.
pub(crate) fn is_glob(source: &str) -> bool {
    if !source.contains(['*', '?']) {
        return false;
    }
    let mut rest = source;
    while let Some((token, after)) = token(rest) {
        if !matches!(token, Token::Literal(_)) {
            return true;
        }
        rest = after;
    }
    false
}

/// The text that a source with nothing but escapes stands for.
pub(crate) fn unescaped(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((token, after)) = token(rest) {
        if let Token::Literal(c) = token {
            text.push(c);
        }
        rest = after;
    }
    text
}

/// Whether `text` fits the glob `source`, by `char`.
///
/// Two pointers: after a `*` only the latest one is ever retried, since an earlier one that takes more can
/// reach nothing that the later one cannot.
pub(crate) fn fits(source: &str, text: &str) -> bool {
    if source == "*" {
        return true;
    }
    let (mut glob, mut left) = (source, text);
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let step = match token(glob) {
            Some((Token::Any, after)) => {
                if after.is_empty() {
                    return true;
                }
                retry = Some((after, left));
                glob = after;
                continue;
            }
            Some((Token::One, after)) => left.chars().next().map(|c| (after, c)),
            Some((Token::Literal(c), after)) => left.chars().next().filter(|d| *d == c).map(|c| (after, c)),
            None if left.is_empty() => return true,
            None => None,
        };
        if let Some((after, c)) = step {
            glob = after;
            left = &left[c.len_utf8()..];
            continue;
        }
        let Some((after, from)) = retry else { return false };
        let Some(c) = from.chars().next() else { return false };
        left = &from[c.len_utf8()..];
        retry = Some((after, left));
        glob = after;
    }
}

/// As [`fits`], but `?` is one UTF-16 unit, as in JavaScript.
pub(crate) fn fits_utf16(source: &str, text: &str) -> bool {
    // Only characters beyond U+FFFF make a difference; their UTF-8 starts with 0xF0 or more.
    if !text.bytes().any(|b| b >= 0xF0) {
        return fits(source, text);
    }
    // Each unit becomes a `char` of its own: surrogates move to a range that no text uses.
    let unit = |u: u16| char::from_u32(u32::from(u)).or_else(|| char::from_u32(0x000F_0000 + u32::from(u)));
    let wide = |s: &str| s.encode_utf16().filter_map(unit).collect::<String>();
    fits(&wide(source), &wide(text))
}

enum Token {
    Any,
    One,
    Literal(char),
}

fn token(source: &str) -> Option<(Token, &str)> {
    let mut chars = source.chars();
    let token = match chars.next()? {
        '*' => match chars.clone().next() {
            Some(c @ ('*' | '?')) => {
                chars.next();
                Token::Literal(c)
            }
            _ => Token::Any,
        },
        '?' => Token::One,
        c => Token::Literal(c),
    };
    Some((token, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_cards_and_escapes() {
        for (glob, text, yes) in [
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("?", "😀", true),
            ("a*", "a", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*b", "abab", true),
            ("?*", "", false),
            ("***", "*abc", true),
            ("***", "abc", false),
            ("**?", "*x", true),
            ("x*??", "x?a", true),
            ("*?*", "?", true),
            ("*?*", "a", false),
            ("*\n*", "a\nb", true),
        ] {
            assert_eq!(fits(glob, text), yes, "{glob} {text}");
        }
        assert!(!is_glob("a**b*?"));
        assert_eq!(unescaped("a**b*?"), "a*b?");
    }

    #[test]
    fn utf16_units() {
        assert!(fits_utf16("??", "😀"));
        assert!(!fits_utf16("?", "😀"));
        assert!(fits_utf16("*😀", "a😀"));
        assert!(fits_utf16("?", "é"));
    }

    #[test]
    fn many_stars_are_not_exponential() {
        let glob = "*a".repeat(200) + "b";
        assert!(!fits(&glob, &"a".repeat(5000)));
    }
}
