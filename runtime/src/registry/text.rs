//! Text that is put together in a `const`, for compile errors.

use crate::pattern::ValueRef;

/// A buffer of fixed size, since a `const` cannot allocate. What does not fit is cut off, marked with `…`.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    bytes: [u8; Text::CAPACITY],
    len: usize,
    cut: bool,
}

impl Text {
    const CAPACITY: usize = 4096;

    pub(crate) const fn new() -> Self {
        Text { bytes: [0; Text::CAPACITY], len: 0, cut: false }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn add(mut self, part: &str) -> Self {
        let part = part.as_bytes();
        // A part is copied whole or not at all, so that what is there is always UTF-8.
        if self.cut || self.len + part.len() + "…".len() > Text::CAPACITY {
            if !self.cut {
                self.cut = true;
                self = self.copy("…".as_bytes());
            }
            return self;
        }
        self.copy(part)
    }

    const fn copy(mut self, part: &[u8]) -> Self {
        let mut i = 0;
        while i < part.len() {
            self.bytes[self.len] = part[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    pub(crate) const fn add_int(self, n: i64) -> Self {
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

    pub(crate) const fn add_value(self, value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Str(text) | ValueRef::Glob(text) => self.add(text),
            ValueRef::Int(n) => self.add_int(n),
            ValueRef::Bool(true) => self.add("true"),
            ValueRef::Bool(false) => self.add("false"),
        }
    }

    pub(crate) const fn add_pair(self, name: &str, value: ValueRef<'_>) -> Self {
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
        if !self.is_empty() {
            panic!("{}", self.as_str());
        }
    }
}
