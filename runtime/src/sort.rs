//! Sorting, compiled once.
//!
//! The standard library's sort is compiled anew for each type and each order, and is by far the largest function that a
//! program has many of: it was a fifth of what a build of this crate compiled.

use std::cmp::Ordering;

use crate::list::List;

/// As `slice::sort_by`. For what is not sorted for every message.
pub(crate) fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if items.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return;
    }
    let mut from = order(items.len(), &|a, b| compare(&items[a], &items[b]));
    // Each cycle of the permutation in turn.
    for start in 0..items.len() {
        let mut at = start;
        loop {
            let next = std::mem::replace(&mut from[at], at);
            if next == start {
                break;
            }
            items.swap(at, next);
            at = next;
        }
    }
}

/// The numbers below `count`, in the order of what they stand for.
pub(crate) fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).list();
    numbers.sort_by(|a, b| compare(*a, *b));
    numbers
}

/// Names in their order, each once.
pub(crate) fn distinct<T: Ord>(names: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = names.into_iter().list();
    sort_by(&mut all, T::cmp);
    all.dedup();
    all
}

/// As `collect`, into a map or a set: one after another. `collect` sorts first, which is a sort of its own for each source.
pub(crate) fn gather<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}

#[cfg(test)]
mod tests {
    use super::sort_by;

    #[test]
    fn as_the_standard_library_sorts() {
        let mut seed = 1_u32;
        for length in [0, 1, 2, 3, 10, 100, 1000] {
            let mut ours: Vec<(u32, String)> = (0..length)
                .map(|n| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 29, n.to_string())
                })
                .collect();
            let mut theirs = ours.clone();
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|one| one.0);
            assert_eq!(ours, theirs);
        }
    }
}
