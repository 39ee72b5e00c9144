//! Finding the pairs of patterns that one message can match, without looking at all pairs.
//!
//! Two patterns that give one key different values have no message in common. So the rows are split by the values of
//! the key that most of them have, and only rows with the same value, or without one, are looked at further. In a
//! program without problems every pair of patterns with equally many keys has such a key, and then some key is in
//! a large part of the rows; where there is none, nearly every pair is a problem and the search soon stops.

use super::report::{Fault, ProblemKind, Report};
use super::row::{Row, Source};
use super::sort::{part, run, sort};
use super::{outputs, value};
use crate::pattern::ValueRef;

/// What is done with a pair of rows.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// Both match some message: ambiguous.
    Overlap,
    /// One takes all that the other takes, and has a higher rank: the other is unreachable.
    Reach,
    /// The left one is an output, the right one may answer it.
    Answer,
}

/// So few rows are compared pair by pair. In tests there are none, lest small sets pass the rest by.
const FEW: usize = if cfg!(test) { 1 } else { 6 };

/// The keys the rows were split by so far.
#[derive(Clone, Copy)]
pub(super) struct Used<'a> {
    name: u64,
    before: Option<&'a Used<'a>>,
}

const fn is_used(mut used: Option<&Used<'_>>, name: u64) -> bool {
    while let Some(this) = used {
        if this.name == name {
            return true;
        }
        used = this.before;
    }
    false
}

/// Stands for "no exact value" when rows are sorted by their value for a key.
const REST: u64 = u64::MAX;

/// Looks at the pairs among rows.
pub(super) const fn within(
    source: Source<'_>,
    rows: &mut [Row],
    goal: Goal,
    used: Option<&Used<'_>>,
    report: &mut Report,
) {
    if rows.len() < 2 || report.is_enough() || plain(rows) {
        return;
    }
    let name = if rows.len() <= FEW { None } else { popular(source, rows, &[], goal, used) };
    let Some(name) = name else {
        let mut i = 0;
        while i < rows.len() {
            let mut j = i + 1;
            while j < rows.len() && !report.is_enough() {
                pair(source, &mut { rows[i] }, rows[j], goal, report);
                j += 1;
            }
            i += 1;
        }
        return;
    };
    let used = Used { name, before: used };
    let rest = split(source, rows, name);
    let (mut from, mut end);
    from = 0;
    while from < rest {
        end = run(rows, from);
        within(source, part(rows, from, end), goal, Some(&used), report);
        from = end;
    }
    let (exact, rest) = rows.split_at_mut(rest);
    within(source, rest, goal, Some(&used), report);
    across(source, exact, rest, goal, Some(&used), report);
}

/// Looks at the pairs of a left and a right row.
pub(super) const fn across(
    source: Source<'_>,
    left: &mut [Row],
    right: &mut [Row],
    goal: Goal,
    used: Option<&Used<'_>>,
    report: &mut Report,
) {
    if left.is_empty() || right.is_empty() || (report.is_enough() && !matches!(goal, Goal::Answer)) {
        return;
    }
    let few = left.len() * right.len() <= if cfg!(test) { 1 } else { 4 * (left.len() + right.len()) };
    let name = if few { None } else { popular(source, left, right, goal, used) };
    let Some(name) = name else {
        let mut i = 0;
        while i < left.len() {
            let mut j = 0;
            while j < right.len() {
                pair(source, &mut left[i], right[j], goal, report);
                j += 1;
            }
            if report.is_enough() && !matches!(goal, Goal::Answer) {
                return;
            }
            i += 1;
        }
        return;
    };
    let used = Used { name, before: used };
    let (left_rest, right_rest) = (split(source, left, name), split(source, right, name));
    let (mut i, mut j) = (0, 0);
    while i < left_rest && j < right_rest {
        if left[i].sort < right[j].sort {
            i += 1;
        } else if left[i].sort > right[j].sort {
            j += 1;
        } else {
            let (i_end, j_end) = (run(left, i), run(right, j));
            across(source, part(left, i, i_end), part(right, j, j_end), goal, Some(&used), report);
            (i, j) = (i_end, j_end);
        }
    }
    let (exact, left) = left.split_at_mut(left_rest);
    across(source, exact, right.split_at_mut(right_rest).1, goal, Some(&used), report);
    // A message without this key cannot be answered by a pattern that asks for it.
    let with = if matches!(goal, Goal::Answer) { outputs::with_key(source, left, name) } else { left.len() };
    let (with, without) = left.split_at_mut(with);
    across(source, without, right.split_at_mut(right_rest).1, goal, Some(&used), report);
    // Last, since the order of all that is on the right does not outlive it.
    across(source, with, right, goal, Some(&used), report);
}

/// Whether no two of these rows can match one message: all have the same keys and no globs, and equal patterns
/// were put aside before.
const fn plain(rows: &[Row]) -> bool {
    let mut i = 0;
    while i < rows.len() {
        if rows[i].globs || rows[i].names != rows[0].names {
            return false;
        }
        i += 1;
    }
    true
}

/// Sorts rows by their value for a key, those without an exact one last; says where those begin.
const fn split(source: Source<'_>, rows: &mut [Row], name: u64) -> usize {
    let mut i = 0;
    while i < rows.len() {
        rows[i].sort = match source.key(rows[i], name) {
            // One bit less, so that no hash is `REST`; should two values fall together, `pair` tells them apart.
            Some(key) if !matches!(key.value, ValueRef::Glob(_)) => key.pair_hash >> 1,
            _ => REST,
        };
        i += 1;
    }
    sort(rows);
    while i > 0 && rows[i - 1].sort == REST {
        i -= 1;
    }
    i
}

/// The key with an exact value in most rows; with two sides, one that is on both. Only the first few different
/// keys are counted: a key that is in many rows is among them.
const fn popular(
    source: Source<'_>,
    left: &[Row],
    right: &[Row],
    goal: Goal,
    used: Option<&Used<'_>>,
) -> Option<u64> {
    let mut counts = Counts { names: [0; Counts::SLOTS], left: [0; Counts::SLOTS], right: [0; Counts::SLOTS] };
    // The side with fewer rows first, lest the keys of the other leave no room for its own.
    if left.len() < right.len() {
        counts.add(source, left, false, used);
        counts.add(source, right, true, used);
    } else {
        counts.add(source, right, true, used);
        counts.add(source, left, false, used);
    }
    let (mut best, mut most, mut i) = (None, 1, 0);
    while i < Counts::SLOTS {
        let both = right.is_empty()
            || (counts.right[i] > 0 && (counts.left[i] > 0 || matches!(goal, Goal::Answer)));
        if both && counts.left[i] + counts.right[i] > most {
            most = counts.left[i] + counts.right[i];
            best = Some(counts.names[i]);
        }
        i += 1;
    }
    best
}

struct Counts {
    names: [u64; Counts::SLOTS],
    left: [u32; Counts::SLOTS],
    right: [u32; Counts::SLOTS],
}

impl Counts {
    const SLOTS: usize = 32;

    const fn add(&mut self, source: Source<'_>, rows: &[Row], right: bool, used: Option<&Used<'_>>) {
        let mut i = 0;
        while i < rows.len() {
            let keys = source.pattern(rows[i]).keys;
            let mut k = 0;
            while k < keys.len() {
                if !matches!(keys[k].value, ValueRef::Glob(_)) && !is_used(used, keys[k].name_hash) {
                    self.add_name(keys[k].name_hash, right);
                }
                k += 1;
            }
            i += 1;
        }
    }

    const fn add_name(&mut self, name: u64, right: bool) {
        let mut slot = name as usize % Counts::SLOTS;
        let mut tries = 0;
        while self.names[slot] != name {
            if self.left[slot] + self.right[slot] == 0 {
                self.names[slot] = name;
                break;
            }
            slot = (slot + 1) % Counts::SLOTS;
            tries += 1;
            if tries == Counts::SLOTS {
                return;
            }
        }
        if right {
            self.right[slot] += 1;
        } else {
            self.left[slot] += 1;
        }
    }
}

const fn pair(source: Source<'_>, left: &mut Row, right: Row, goal: Goal, report: &mut Report) {
    match goal {
        Goal::Overlap => {
            // A handler may well say the same thing twice: it gets the message either way.
            if value::meet(source.pattern(*left), source.pattern(right))
                && !super::equal::same_function(source, *left, right)
            {
                report.add(source, Fault::pair(ProblemKind::Ambiguous, *left, right));
            }
        }
        Goal::Reach => {
            unreachable_by(source, *left, right, report);
            unreachable_by(source, right, *left, report);
        }
        Goal::Answer => {
            left.answered =
                left.answered || outputs::answers(source.message(*left), source.pattern(right));
        }
    }
}

const fn unreachable_by(source: Source<'_>, row: Row, by: Row, report: &mut Report) {
    if source.info(by).rank > source.info(row).rank
        && value::covers(source.pattern(by), source.pattern(row))
        && !super::equal::same_function(source, row, by)
    {
        report.add(source, Fault::pair(ProblemKind::Unreachable, row, by));
    }
}
