//! Lists, compiled once.

/// `collect` into a `Vec` is some twenty functions for each chain of iterators, all of them large without optimisation: they
/// were a sixth of what a build of this crate compiled. For what is not done for every message.
pub(crate) trait List: Iterator + Sized {
    /// As `collect` into a `Vec`.
    fn list(self) -> Vec<Self::Item> {
        let mut all = Vec::new();
        for one in self {
            all.push(one);
        }
        all
    }
}

impl<I: Iterator> List for I {}

/// As `[T]::join`, whose twelve functions for each type are larger than this one with all its types.
pub(crate) fn join<T: AsRef<str>>(parts: &[T], between: &str) -> String {
    let mut all = String::new();
    for (i, part) in parts.iter().enumerate() {
        all += if i == 0 { "" } else { between };
        all += part.as_ref();
    }
    all
}
