//! Finding the pairs of patterns that one message can match, without looking at all pairs.
//!
//! Two patterns that give one key different values have no message in common. So the rows are split by the values of
//! the key that most of them have, and only rows with the same value, or without one, are looked at further. In a
//! program without problems every pair of patterns with equally many keys has such a key, and then some key is in
//! a large part of the rows; where there is none, nearly every pair is a problem and the search soon stops.
//!
//! Where only globs are left, the rows are split by the characters that a value must begin or end with.

use super::report::{Fault, ProblemKind, Report};
use super::row::{Row, Source};
use super::sort::{part, run};
use super::split::{Split, choose, split};
use super::{equal, outputs, value};

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

/// What the rows were split by so far and cannot be split by again.
#[derive(Clone, Copy)]
pub(super) struct Used {
    names: [u64; Used::MOST],
    len: usize,
    /// How often one kind of split was followed by a finer one of the same key.
    pub(super) finer: u32,
}

impl Used {
    /// Const evaluation allows 128 calls inside each other, so this must end early.
    const MOST: usize = 16;
    pub(super) const NONE: Used = Used { names: [0; Used::MOST], len: 0, finer: 0 };

    pub(super) const fn is_full(&self) -> bool {
        self.len == Used::MOST
    }

    pub(super) const fn has(&self, split: Split) -> bool {
        let mut i = 0;
        while i < self.len {
            if self.names[i] == split.hash() {
                return true;
            }
            i += 1;
        }
        false
    }

    const fn and(mut self, split: Split) -> Self {
        self.names[self.len] = split.hash();
        self.len += 1;
        self
    }

    /// Rows with the same value are done with the key; rows with the same beginning may differ later.
    const fn inside(mut self, split: Split) -> Self {
        if split.is_whole() {
            return self.and(split);
        }
        self.finer += 1;
        self
    }
}

/// So few rows are compared pair by pair. In tests there are none, lest small sets pass the rest by.
const FEW: usize = if cfg!(test) { 1 } else { 6 };

/// Looks at the pairs among rows.
pub(super) const fn within(
    source: Source<'_>,
    mut rows: &mut [Row],
    goal: Goal,
    mut used: Used,
    report: &mut Report,
) {
    loop {
        if rows.len() < 2 || report.is_enough() || plain(rows) {
            return;
        }
        let by = if rows.len() <= FEW { None } else { choose(source, rows, &[], goal, &used) };
        let Some(by) = by else {
            all_within(source, rows, goal, report);
            return;
        };
        let rest = split(source, rows, by);
        let (exact, rest) = rows.split_at_mut(rest);
        let mut from = 0;
        while from < exact.len() {
            let end = run(exact, from);
            within(source, part(exact, from, end), goal, used.inside(by), report);
            from = end;
        }
        used = used.and(by);
        across(source, exact, rest, goal, used, report);
        rows = rest;
    }
}

/// Looks at the pairs of a left and a right row.
pub(super) const fn across(
    source: Source<'_>,
    mut left: &mut [Row],
    right: &mut [Row],
    goal: Goal,
    mut used: Used,
    report: &mut Report,
) {
    loop {
        let enough = report.is_enough() && !matches!(goal, Goal::Answer);
        if left.is_empty() || right.is_empty() || enough {
            return;
        }
        let few = if cfg!(test) { 1 } else { 4 * (left.len() + right.len()) };
        let by =
            if left.len() * right.len() <= few { None } else { choose(source, left, right, goal, &used) };
        let Some(by) = by else {
            all_across(source, left, right, goal, report);
            return;
        };
        let (left_rest, right_rest) = (split(source, left, by), split(source, right, by));
        let (exact, rest) = left.split_at_mut(left_rest);
        let (mut i, mut j) = (0, 0);
        while i < left_rest && j < right_rest {
            if exact[i].sort < right[j].sort {
                i += 1;
            } else if exact[i].sort > right[j].sort {
                j += 1;
            } else {
                let (i_end, j_end) = (run(exact, i), run(right.split_at(right_rest).0, j));
                let (same_left, same_right) = (part(exact, i, i_end), part(right, j, j_end));
                across(source, same_left, same_right, goal, used.inside(by), report);
                (i, j) = (i_end, j_end);
            }
        }
        used = used.and(by);
        across(source, exact, right.split_at_mut(right_rest).1, goal, used, report);
        // A message without this key cannot be answered by a pattern that asks for it.
        let with = match goal {
            Goal::Answer if by.is_whole() => outputs::with_key(source, rest, by.name),
            _ => rest.len(),
        };
        let (with, without) = rest.split_at_mut(with);
        across(source, without, right.split_at_mut(right_rest).1, goal, used, report);
        // Last, since the order of all that is on the right does not outlive it.
        left = with;
    }
}

const fn all_within(source: Source<'_>, rows: &mut [Row], goal: Goal, report: &mut Report) {
    let mut i = 0;
    while i < rows.len() {
        let (one, others) = rows.split_at_mut(i + 1);
        all_across(source, part(one, i, i + 1), others, goal, report);
        i += 1;
    }
}

const fn all_across(source: Source<'_>, left: &mut [Row], right: &[Row], goal: Goal, report: &mut Report) {
    let mut i = 0;
    while i < left.len() {
        let mut j = 0;
        while j < right.len() && (!report.is_enough() || matches!(goal, Goal::Answer)) {
            pair(source, &mut left[i], right[j], goal, report);
            j += 1;
        }
        i += 1;
    }
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

const fn pair(source: Source<'_>, left: &mut Row, right: Row, goal: Goal, report: &mut Report) {
    match goal {
        Goal::Overlap => {
            // A handler may well say the same thing twice: it gets the message either way.
            if value::meet(source.pattern(*left), source.pattern(right))
                && !equal::same_function(source, *left, right)
            {
                report.add(source, Fault::pair(ProblemKind::Ambiguous, *left, right));
            }
        }
        Goal::Reach => {
            unreachable_by(source, *left, right, report);
            unreachable_by(source, right, *left, report);
        }
        Goal::Answer => {
            left.answered = left.answered || outputs::answers(source.message(*left), source.pattern(right));
        }
    }
}

const fn unreachable_by(source: Source<'_>, row: Row, by: Row, report: &mut Report) {
    if by.rank > row.rank
        && value::covers(source.pattern(by), source.pattern(row))
        && !equal::same_function(source, row, by)
    {
        report.add(source, Fault::pair(ProblemKind::Unreachable, row, by));
    }
}
