//! Sorting rows by the hash they carry, in a `const`.

use super::row::Row;

/// Sorts by `sort`, one bit after the other from the highest that differs.
///
/// Hashes are spread evenly, so this takes about log₂ n rounds, never more than 64, and no comparison of its own
/// choice can be unlucky.
pub(super) const fn sort(rows: &mut [Row]) {
    if rows.len() <= 8 {
        insert(rows);
        return;
    }
    let (first, mut differ, mut i) = (rows[0].sort, 0, 1);
    while i < rows.len() {
        differ |= rows[i].sort ^ first;
        i += 1;
    }
    if differ == 0 {
        return;
    }
    let bit = 1 << (63 - differ.leading_zeros());
    let (mut zeros, mut ones) = (0, rows.len());
    while zeros < ones {
        if rows[zeros].sort & bit == 0 {
            zeros += 1;
        } else {
            ones -= 1;
            rows.swap(zeros, ones);
        }
    }
    let (zeros, ones) = rows.split_at_mut(zeros);
    sort(zeros);
    sort(ones);
}

const fn insert(rows: &mut [Row]) {
    let mut i = 1;
    while i < rows.len() {
        let row = rows[i];
        let mut j = i;
        while j > 0 && rows[j - 1].sort > row.sort {
            rows[j] = rows[j - 1];
            j -= 1;
        }
        rows[j] = row;
        i += 1;
    }
}

/// The end of the run of equal rows that begins at `from`.
pub(super) const fn run(rows: &[Row], from: usize) -> usize {
    let mut end = from + 1;
    while end < rows.len() && rows[end].sort == rows[from].sort {
        end += 1;
    }
    end
}

/// A part of the rows.
pub(super) const fn part(rows: &mut [Row], from: usize, to: usize) -> &mut [Row] {
    rows.split_at_mut(to).0.split_at_mut(from).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_whatever_comes() {
        let mut seed = 1u64;
        for (n, mask) in [(0, u64::MAX), (1, u64::MAX), (8, 3), (9, 3), (1000, u64::MAX), (1000, 1), (1000, 0xFF << 40)] {
            let mut rows = vec![Row::EMPTY; n];
            for row in &mut rows {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                row.sort = seed & mask;
            }
            let mut expected: Vec<_> = rows.iter().map(|row| row.sort).collect();
            expected.sort_unstable();
            sort(&mut rows);
            assert_eq!(rows.iter().map(|row| row.sort).collect::<Vec<_>>(), expected);
        }
    }
}
