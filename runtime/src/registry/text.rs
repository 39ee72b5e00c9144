//! Text that is put together in a `const`, for compile errors.

use crate::pattern::ValueRef;

/// A buffer of `N` bytes, since a `const` cannot allocate. What does not fit is cut off, marked with `…`.
///
/// It is large and lent, never handed on: const evaluation would copy it whole each time.
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    cut: bool,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Text { bytes: [0; N], len: 0, cut: false }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn add(&mut self, part: &str) -> &mut Self {
        let part = part.as_bytes();
        // A part is copied whole or not at all, so that what is there is always UTF-8.
        if !self.cut && self.len + part.len() + "…".len() > N {
            self.cut = true;
            self.copy("…".as_bytes());
        }
        if !self.cut {
            self.copy(part);
        }
        self
    }

    const fn copy(&mut self, part: &[u8]) {
        let end = self.len + part.len();
        self.bytes.split_at_mut(end).0.split_at_mut(self.len).1.copy_from_slice(part);
        self.len = end;
    }

    pub(crate) const fn add_int(&mut self, n: i64) -> &mut Self {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = n.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if n < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        match std::str::from_utf8(digits.split_at(at).1) {
            Ok(digits) => self.add(digits),
            Err(_) => self,
        }
    }

    pub(crate) const fn add_value(&mut self, value: ValueRef<'_>) -> &mut Self {
        match value {
            ValueRef::Str(text) | ValueRef::Glob(text) => self.add(text),
            ValueRef::Int(n) => self.add_int(n),
            ValueRef::Bool(true) => self.add("true"),
            ValueRef::Bool(false) => self.add("false"),
        }
    }

    pub(crate) const fn add_pair(&mut self, name: &str, value: ValueRef<'_>) -> &mut Self {
        self.add(name).add(":").add_value(value)
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    /// Panics with the text if there is any: in a `const`, a compile error.
    #[track_caller]
    pub(crate) const fn refuse(&self) {
        // The compiler puts a line end of its own.
        let text = match self.as_str().as_bytes() {
            [.., b'\n'] => self.as_str().split_at(self.len - 1).0,
            _ => self.as_str(),
        };
        assert!(self.is_empty(), "{}", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_at_a_part() {
        let mut text = Text::<16>::new();
        text.add("äöü").add_int(i64::from(i32::MIN)).add("x");
        assert_eq!(text.as_str(), "äöü…");
    }

    #[test]
    fn integers() {
        let mut text = Text::<64>::new();
        text.add_int(0).add(" ").add_int(i64::MIN).add(" ").add_pair("a", ValueRef::Bool(true));
        assert_eq!(text.as_str(), "0 -9223372036854775808 a:true");
    }
}
