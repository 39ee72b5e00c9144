/// The value a pattern gives to a key, borrowed.
///
/// A glob is text in which `*` stands for any run of characters and `?` for one; `**` is a literal `*`
/// and `*?` a literal `?` (the rule of npm's gex, which Seneca uses). The glob `*` means "the key is
/// present", whatever its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
// The tag as wide as what is behind it: with a narrow one the boolean stands beside the tag, and every copy of a value
// is an unaligned one that the next read has to wait for (measured: 20 of 80 ns of a find).
#[repr(u64)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// Exactly this text.
    Str(&'a str),
    /// Exactly this integer.
    Int(i64),
    /// Exactly this boolean.
    Bool(bool),
    /// Text that fits this glob; see the type's documentation.
    Glob(&'a str),
}
