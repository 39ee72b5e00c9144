/// How large a message may be: rule M7.
///
/// ```
/// use matchbus::message::json::Limits;
///
/// let limits = Limits::default().bytes(64 * 1024).depth(8);
/// assert_eq!((limits.max_bytes(), limits.max_depth(), limits.max_keys()), (65_536, 8, 10_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    depth: usize,
    keys: usize,
}

impl Limits {
    /// The deepest nesting that can be allowed: `serde_json` itself decodes no deeper.
    pub const DEEPEST: usize = 127;
    /// The largest message that can be allowed, in bytes: the scan counts in 32 bits.
    pub const LARGEST: usize = u32::MAX as usize;

    /// The limits of rule M7: 1 MiB, 64 levels, 10,000 keys.
    pub const fn new() -> Self {
        Limits { bytes: 1024 * 1024, depth: 64, keys: 10_000 }
    }

    /// Sets the size of the whole text in bytes; more than [`Limits::LARGEST`] counts as that.
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = if bytes > Self::LARGEST { Self::LARGEST } else { bytes };
        self
    }

    /// Sets how many objects and lists may be open at once, the message itself included; more than
    /// [`Limits::DEEPEST`] counts as that.
    pub const fn depth(mut self, levels: usize) -> Self {
        self.depth = if levels > Self::DEEPEST { Self::DEEPEST } else { levels };
        self
    }

    /// Sets how many keys the objects of all levels may have together.
    pub const fn keys(mut self, keys: usize) -> Self {
        self.keys = keys;
        self
    }

    /// The size of the whole text, in bytes.
    pub const fn max_bytes(&self) -> usize {
        self.bytes
    }

    /// How many objects and lists may be open at once, the message itself included.
    pub const fn max_depth(&self) -> usize {
        self.depth
    }

    /// How many keys the objects of all levels may have together.
    pub const fn max_keys(&self) -> usize {
        self.keys
    }

    /// Whether what `serde_json` has written surely keeps the limits, as nearly all messages do: it has fewer brackets than
    /// may be open, and not enough bytes or colons for so many keys. Otherwise a scan tells.
    pub(crate) fn are_surely_kept(&self, written: &[u8]) -> bool {
        // `"":0,` is the shortest key with its value.
        let few_keys = || written.len() / 5 < self.keys || count(written, |byte| byte == b':') <= self.keys;
        // One comparison for `{` and `[`.
        let few_brackets = || count(written, |byte| byte | 0x20 == b'{') <= self.depth;
        written.len() <= self.bytes && few_brackets() && few_keys()
    }
}

/// How many bytes are so. Counted in bytes, of so few that none overflows, so that one vector takes sixteen of them: a call
/// with 4 KB spends 0.3 µs where it spent 2 with a count in `usize` (measured, with all that stands around it).
#[inline(always)]
fn count(bytes: &[u8], of: impl Fn(u8) -> bool) -> usize {
    bytes.chunks(240).map(|chunk| usize::from(chunk.iter().map(|byte| u8::from(of(*byte))).sum::<u8>())).sum()
}

impl Default for Limits {
    fn default() -> Self {
        Limits::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::json::Scan;

    #[test]
    fn brackets_are_counted_over_all_of_a_long_text() {
        for length in [0, 1, 239, 240, 241, 255, 256, 257, 1_000] {
            for text in ["[".repeat(length), "{".repeat(length), "[x{;".repeat(length)] {
                let brackets = text.matches(['[', '{']).count();
                assert_eq!(count(text.as_bytes(), |byte| byte | 0x20 == b'{'), brackets);
            }
        }
    }

    #[test]
    fn what_is_surely_kept_is_kept() {
        let limits = Limits::new().bytes(200).depth(3).keys(4);
        for (text, surely) in [
            (r#"{"a":[[1]]}"#, true),
            (r#"{"a":[[[1]]]}"#, false),
            (r#"{"a":[],"b":[],"c":[]}"#, false),
            (r#"{"a":1,"b":2,"c":3,"d":4}"#, true),
            (r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, false),
            (&format!(r#"{{"a":"{}"}}"#, "x".repeat(200)), false),
        ] {
            assert_eq!(limits.are_surely_kept(text.as_bytes()), surely, "{text}");
            assert!(!surely || Scan::read(text.as_bytes(), &limits).is_ok(), "{text}");
        }
    }
}
