/// Where something stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// `file!()`.
    pub file: &'static str,
    /// `line!()`.
    pub line: u32,
}

impl Place {
    /// For the macros.
    #[doc(hidden)]
    pub const fn new(file: &'static str, line: u32) -> Self {
        Place { file, line }
    }
}
