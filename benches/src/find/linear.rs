use std::cmp::Reverse;

use super::{NONE, Pairs};

/// Patterns in order of precedence, tried one after another.
#[derive(Debug)]
pub struct Linear {
    patterns: Vec<(u32, Pairs)>,
}

impl Linear {
    /// Sorts the patterns; a pattern's number is its index.
    pub fn new(patterns: &[Pairs]) -> Self {
        let mut sorted: Vec<(u32, Pairs)> = (0..).zip(patterns.iter().cloned()).collect();
        sorted.sort_by_cached_key(|(_, pairs)| {
            (Reverse(pairs.len()), pairs.iter().map(|pair| pair.0.clone()).collect::<Vec<_>>())
        });
        Linear { patterns: sorted }
    }

    /// The number of the pattern that wins, or [`NONE`].
    pub fn find(&self, message: &[(&str, &str)]) -> u32 {
        let fits = |pairs: &Pairs| {
            pairs.iter().all(|(name, value)| message.iter().any(|(n, v)| n == name && v == value))
        };
        self.patterns.iter().find(|(_, pairs)| fits(pairs)).map_or(NONE, |(number, _)| *number)
    }
}
