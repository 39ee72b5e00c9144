//! Equal patterns: duplicates, overrides and alternatives.

use std::cmp::Ordering;

use super::CheckAt;
use super::report::{Fault, ProblemKind, Report, compare};
use super::row::{Row, Source};
use super::sort::{part, run, swap};
use super::value;
use crate::registry::Info;

/// Whether both rows are of one function, whether or not it is listed twice.
pub(super) const fn same_function(source: Source<'_>, a: Row, b: Row) -> bool {
    if a.same_entry(b) {
        return true;
    }
    let (a, b) = (source.info(a), source.info(b));
    a.place.line == b.place.line && matches!(compare_places(a, b), Ordering::Equal)
}

/// The order of handlers in texts, which is not that of linking.
pub(super) const fn compare_places(a: &Info, b: &Info) -> Ordering {
    match compare(a.module, b.module) {
        Ordering::Equal => match compare(a.name, b.name) {
            Ordering::Equal => match compare(a.place.file, b.place.file) {
                Ordering::Equal if a.place.line < b.place.line => Ordering::Less,
                Ordering::Equal if a.place.line > b.place.line => Ordering::Greater,
                other => other,
            },
            other => other,
        },
        other => other,
    }
}

/// Goes through rows that are sorted by pattern, and moves one of each pattern to the front, the one that gets the
/// messages; says how many there are.
pub(super) const fn thin_out(
    source: Source<'_>,
    rows: &mut [Row],
    at: CheckAt,
    report: &mut Report,
) -> usize {
    let (mut kept, mut from) = (0, 0);
    while from < rows.len() {
        let end = run(rows, from);
        if end - from == 1 && !rows[from].overrides {
            swap(rows, kept, from);
            kept += 1;
            from = end;
            continue;
        }
        let mut rest = from;
        // Hashes that fall together by chance make more than one turn.
        while rest < end {
            let next = gather(source, part(rows, rest, end)) + rest;
            let winner = one_pattern(source, part(rows, rest, next), at, report);
            swap(rows, kept, rest + winner);
            kept += 1;
            rest = next;
        }
        from = end;
    }
    kept
}

/// Moves the rows with the pattern of the first one to the front; says how many they are.
const fn gather(source: Source<'_>, rows: &mut [Row]) -> usize {
    let (mut same, mut i) = (1, 1);
    while i < rows.len() {
        if value::same(source.pattern(rows[0]), source.pattern(rows[i])) {
            swap(rows, same, i);
            same += 1;
        }
        i += 1;
    }
    same
}

/// Checks the handlers of one pattern; says which of them gets the messages.
const fn one_pattern(source: Source<'_>, rows: &mut [Row], at: CheckAt, report: &mut Report) -> usize {
    sort_by_place(source, rows);
    let (mut overriding, mut plain, mut alternative, mut mounted): (
        Option<usize>,
        Option<usize>,
        Option<usize>,
        Option<usize>,
    ) = (None, None, None, None);
    let mut i = 0;
    while i < rows.len() {
        let info = source.info(rows[i]);
        if i > 0 && same_function(source, rows[i - 1], rows[i]) {
            // Once for each function, whatever the number of its patterns.
            if rows[i].same_entry(rows[i - 1]) || rows[i].nth == 0 {
                report.add(source, Fault::pair(ProblemKind::Twice, rows[i - 1], rows[i]));
            }
        } else if info.overrides {
            if let Some(first) = overriding {
                report.add(source, Fault::pair(ProblemKind::TwoOverrides, rows[first], rows[i]));
            } else {
                overriding = Some(i);
            }
        } else if info.alternative {
            if alternative.is_none() {
                alternative = Some(i);
            }
            if at.is_start() && source.mounted(rows[i]) {
                if let Some(first) = mounted {
                    report.add(source, Fault::pair(ProblemKind::TwoAlternatives, rows[first], rows[i]));
                } else {
                    mounted = Some(i);
                }
            }
        } else if let Some(first) = plain {
            report.add(source, Fault::pair(ProblemKind::Duplicate, rows[first], rows[i]));
        } else {
            plain = Some(i);
        }
        i += 1;
    }
    match (overriding, plain, alternative) {
        (_, Some(plain), Some(alternative)) => {
            report.add(source, Fault::pair(ProblemKind::Duplicate, rows[plain], rows[alternative]));
        }
        (Some(only), None, None) if !at.is_list() && !is_external(source.info(rows[only])) => {
            report.add(source, Fault::one(ProblemKind::OverridesNothing, rows[only]));
        }
        _ => {}
    }
    match overriding {
        Some(overriding) => overriding,
        None => unranked(rows),
    }
}

/// Whether another program answers the handler's messages, which may have what it overrides.
const fn is_external(info: &Info) -> bool {
    matches!(info.message, Some(message) if message.external)
}

/// The first row without a rank, to which more rules apply, or else the first one.
const fn unranked(rows: &[Row]) -> usize {
    let mut i = 0;
    while i < rows.len() {
        if !rows[i].ranked {
            return i;
        }
        i += 1;
    }
    0
}

/// A heap sort: there are seldom more than two rows, but there may be thousands of alternatives.
const fn sort_by_place(source: Source<'_>, rows: &mut [Row]) {
    let mut n = rows.len();
    let mut i = n / 2;
    while i > 0 {
        i -= 1;
        sink(source, rows, i, n);
    }
    while n > 1 {
        n -= 1;
        swap(rows, 0, n);
        sink(source, rows, 0, n);
    }
}

const fn sink(source: Source<'_>, rows: &mut [Row], mut i: usize, n: usize) {
    loop {
        let mut child = 2 * i + 1;
        if child >= n {
            return;
        }
        if child + 1 < n && is_before(source, rows[child], rows[child + 1]) {
            child += 1;
        }
        if !is_before(source, rows[i], rows[child]) {
            return;
        }
        swap(rows, i, child);
        i = child;
    }
}

const fn is_before(source: Source<'_>, a: Row, b: Row) -> bool {
    match compare_places(source.info(a), source.info(b)) {
        Ordering::Less => true,
        // The same function: the order within its attribute.
        Ordering::Equal => a.nth < b.nth,
        Ordering::Greater => false,
    }
}
