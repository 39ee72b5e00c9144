/// The value of one top-level key of a message, as far as matching looks at it.
///
/// Lists and objects never equal a pattern's value; only the glob `*` ("present") matches them.
#[derive(Clone, Copy, Debug, PartialEq)]
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
