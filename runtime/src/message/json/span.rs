/// A stretch of the text, in bytes. 32 bits keep the list of pairs small; [`super::Limits`] sees to it that they do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) const EMPTY: Self = Span { start: 0, end: 0 };

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "Limits::LARGEST bounds every offset")]
    pub(super) fn new(start: usize, end: usize) -> Self {
        Span { start: start as u32, end: end as u32 }
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The text itself.
    #[inline]
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    /// The text with one byte less on each side: a string without its quotes.
    #[inline]
    pub(super) fn unquoted(self, text: &str) -> &str {
        &text[self.start as usize + 1..self.end as usize - 1]
    }

    /// The text with one byte more on each side: a string's content with its quotes.
    #[inline]
    pub(super) fn quoted(self, text: &str) -> &str {
        &text[self.start as usize - 1..=self.end as usize]
    }
}

/// What a value is, as the pass saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Null,
    True,
    False,
    /// A string without escapes.
    Plain,
    /// A string with escapes.
    Escaped,
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Decimal,
    List,
    Object,
}

/// A value of the flat list: where it is, and what. Strings include their quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) at: Span,
    pub(super) kind: Kind,
}

impl Entry {
    pub(super) const EMPTY: Self = Entry { at: Span::EMPTY, kind: Kind::Null };
}
