//! Different patterns that one message can match: ambiguous, or unreachable.

use super::join::{self, Goal, Used};
use super::report::Report;
use super::row::{Row, Source};
use super::sort::{part, run, sort, swap};

/// Checks rows of one service, or all that answer calls, no two of them with the same pattern.
pub(super) const fn among(source: Source<'_>, rows: &mut [Row], report: &mut Report) {
    let (mut i, mut ranks, mut globs) = (0, false, false);
    while i < rows.len() {
        // More keys always win, and so does a rank over none: only rows that are equal here can be ambiguous.
        rows[i].sort = rows[i].len as u64;
        if rows[i].ranked {
            ranks = true;
            rows[i].sort |= 1 << 16 | (rows[i].rank.cast_unsigned() as u64) << 32;
        }
        globs = globs || rows[i].globs;
        i += 1;
    }
    sort(rows);
    let mut from = 0;
    while from < rows.len() {
        let end = run(rows, from);
        join::within(source, part(rows, from, end), Goal::Overlap, Used::NONE, report);
        from = end;
    }
    if ranks && globs {
        reach(source, rows, report);
    }
}

/// A pattern is unreachable if another one with the same keys takes all it takes and has a higher rank. Without a
/// rank the two are ambiguous, and one with fewer keys never wins.
const fn reach(source: Source<'_>, rows: &mut [Row], report: &mut Report) {
    let mut i = 0;
    while i < rows.len() {
        rows[i].sort = rows[i].names;
        i += 1;
    }
    sort(rows);
    let mut from = 0;
    while from < rows.len() {
        let end = run(rows, from);
        let same_keys = part(rows, from, end);
        let (mut globs, mut j) = (0, 0);
        while j < same_keys.len() {
            if same_keys[j].globs {
                swap(same_keys, globs, j);
                globs += 1;
            }
            j += 1;
        }
        let (globs, exact) = same_keys.split_at_mut(globs);
        join::within(source, globs, Goal::Reach, Used::NONE, report);
        join::across(source, globs, exact, Goal::Reach, Used::NONE, report);
        from = end;
    }
}
