//! Sorting rows by the hash they carry, in a `const`.

use super::row::Row;

/// Sorts by `sort`: many rows by the first eight bits that differ, few by the first one.
///
/// Hashes are spread evenly, so there are about log₂ n / 8 rounds of the former and a few of the latter, and never
/// more than 64; there is no unlucky order. Rounds and calls are what const evaluation is slow at.
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
    let bits = 64 - differ.leading_zeros();
    if rows.len() <= 64 {
        by_bit(rows, 1 << (bits - 1));
    } else {
        by_byte(rows, bits.saturating_sub(8));
    }
}

const fn by_bit(rows: &mut [Row], bit: u64) {
    let (mut zeros, mut ones) = (0, rows.len());
    while zeros < ones {
        if rows[zeros].sort & bit == 0 {
            zeros += 1;
        } else {
            ones -= 1;
            swap(rows, zeros, ones);
        }
    }
    let (zeros, ones) = rows.split_at_mut(zeros);
    sort(zeros);
    sort(ones);
}

/// Moves each row straight to its place ("American flag").
const fn by_byte(rows: &mut [Row], shift: u32) {
    let (mut ends, mut next, mut i) = ([0usize; 256], [0usize; 256], 0);
    while i < rows.len() {
        ends[byte_of(rows[i], shift)] += 1;
        i += 1;
    }
    let (mut sum, mut byte) = (0, 0);
    while byte < 256 {
        next[byte] = sum;
        sum += ends[byte];
        ends[byte] = sum;
        byte += 1;
    }
    byte = 0;
    while byte < 256 {
        let mut at = next[byte];
        while at < ends[byte] {
            let to = byte_of(rows[at], shift);
            if to == byte {
                at += 1;
            } else {
                swap(rows, at, next[to]);
                next[to] += 1;
            }
        }
        next[byte] = at;
        byte += 1;
    }
    let mut from = 0;
    byte = 0;
    while byte < 256 {
        if ends[byte] > from + 1 {
            sort(part(rows, from, ends[byte]));
        }
        from = ends[byte];
        byte += 1;
    }
}

const fn byte_of(row: Row, shift: u32) -> usize {
    ((row.sort >> shift) & 0xFF) as usize
}

/// `<[_]>::swap` is several calls deep, each of which costs const evaluation more than the move.
pub(super) const fn swap(rows: &mut [Row], a: usize, b: usize) {
    if a != b {
        let row = rows[a];
        rows[a] = rows[b];
        rows[b] = row;
    }
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
        for (n, mask) in [
            (0, u64::MAX),
            (1, u64::MAX),
            (8, 3),
            (9, 3),
            (64, u64::MAX),
            (65, 0xF00F),
            (1000, u64::MAX),
            (1000, 1),
            (1000, 0xFF << 40),
            (20_000, u64::MAX),
        ] {
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
