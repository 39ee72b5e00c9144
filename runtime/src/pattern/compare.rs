#[cfg(doc)]
use super::NumberText;

/// How the values of a pattern and of a message are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compare {
    /// With their JSON type: `1`, `"1"` and `1.0` are three values.
    ///
    /// The glob `*` fits whatever is there, also `null`, lists and objects; any other glob fits texts only.
    #[default]
    Typed,
    /// As text, as npm's patrun and so Seneca does: `1` equals `"1"` and `true` equals `"true"`.
    ///
    /// A number's text is what JavaScript writes (see [`NumberText`]), `null` is `null`, an object is
    /// `[object Object]`. Globs, `*` too, fit the texts of everything but `null`; `?` is one UTF-16 unit.
    Text,
}
