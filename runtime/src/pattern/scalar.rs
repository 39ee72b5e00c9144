/// The value of one top-level key of a message, as far as matching looks at it.
///
/// Lists and objects never equal a pattern's value; only the glob `*` ("present") matches them.
#[derive(Clone, Copy, Debug, PartialEq)]
// The tag as wide as what is behind it: with a narrow one the boolean stands beside the tag, and every copy of a value
// is an unaligned one that the next read has to wait for (measured: 20 of 80 ns of a find).
#[repr(u64)]
#[non_exhaustive]
pub enum Scalar<'a> {
    /// A JSON string.
    Str(&'a str),
    /// A JSON number written as an integer that fits `i64`.
    Int(i64),
    /// Any other JSON number; compared only as text (rule M4's option).
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A list.
    List,
    /// An object.
    Object,
}
