//! Are the handlers of a program a sound set? One `const fn`, asked by the compiler, by a test and at start.
//!
//! | caller | sees | text |
//! |---|---|---|
//! | `services![…]` | what is listed | compile error |
//! | `registry_test!()` | every handler that is linked | failed test |
//! | `Bus::start()` | the same, and what is mounted | start error |
//!
//! The rules are the same for all three, but two need the whole program: that something is overridden (a list
//! may leave it to another one), and that of several alternatives only one is mounted.

mod describe;
mod equal;
mod glob;
mod hash;
mod join;
mod outputs;
mod overlap;
mod problem;
mod report;
mod row;
mod sort;
mod split;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use outputs::answers;
pub use problem::{Conflicts, Problem};
pub use report::ProblemKind;
pub(crate) use row::Entry;
pub(crate) use value::{pattern_covers, patterns_meet};

use super::text::Text;
use super::{Info, Registration};
use crate::list::List;
use report::Report;
use row::{Row, Source};
use sort::{part, run, sort, swap};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckAt {
    /// A list that says it is only part of a program: what is overridden or sent may be in another one.
    Part,
    /// A list that may be only part of a program: what is overridden may be in another one.
    List,
    /// Everything that is linked.
    Registry,
    /// Everything that is linked, and known which of it is mounted. For `Bus::start()`.
    Start,
}

impl CheckAt {
    const fn is_list(self) -> bool {
        matches!(self, CheckAt::List | CheckAt::Part)
    }

    const fn is_part(self) -> bool {
        matches!(self, CheckAt::Part)
    }

    const fn is_start(self) -> bool {
        matches!(self, CheckAt::Start)
    }
}

/// For `services![…]`: refuses, by a panic in a `const`, handlers that are no sound set.
///
/// # Panics
///
/// With one text that names all problems.
#[doc(hidden)]
#[track_caller] // the compiler shows the list, and not how it was checked
pub const fn refuse_conflicts(lists: &[&[Info]]) {
    refuse_at(lists, CheckAt::List);
}

/// For `services![…, ..]`: as `refuse_conflicts`, for a list that is not the whole program.
///
/// # Panics
///
/// With one text that names all problems.
#[doc(hidden)]
#[track_caller]
pub const fn refuse_conflicts_in_part(lists: &[&[Info]]) {
    refuse_at(lists, CheckAt::Part);
}

#[track_caller]
const fn refuse_at(lists: &[&[Info]], at: CheckAt) {
    let source = Source::Lists(lists);
    // The arrays of a `const` have a size that is known before its values are, so there are a few sizes.
    match source.count() {
        (0..=64, 0..=64) => refuse::<64>(source, at),
        (0..=1024, 0..=1024) => refuse::<1024>(source, at),
        (0..=16_384, 0..=16_384) => refuse::<16_384>(source, at),
        _ => panic!("more than 16384 patterns or declared outputs in one list: make two of it"),
    }
}

#[track_caller]
const fn refuse<const N: usize>(source: Source<'_>, at: CheckAt) {
    let (mut patterns, mut outputs) = ([Row::EMPTY; N], [Row::EMPTY; N]);
    let mut report = Report::new();
    check(source, &mut patterns, &mut outputs, at, &mut report);
    if report.total > 0 {
        let mut text = Text::<16_384>::new();
        describe::describe_all(source, &report, &mut text);
        text.refuse();
    }
}

/// For `registry_test!()`: checks every handler that is linked into this program.
///
/// # Errors
///
/// With one text that names all problems.
#[doc(hidden)]
pub fn registry_test() -> Result<(), String> {
    let found = problems(registered(), CheckAt::Registry);
    if found.is_empty() { Ok(()) } else { Err(found.to_string()) }
}

/// Checks lists of handlers at run time by the rules of [`refuse_conflicts`].
#[doc(hidden)]
pub fn conflicts(lists: &[&'static [Info]]) -> Conflicts {
    let handlers = lists.iter().flat_map(|list| list.iter());
    problems(handlers.map(|info| Entry { info, patterns: &info.patterns, mounted: true }), CheckAt::List)
}

/// Every handler that is linked into this program, with the patterns as they were written.
pub(crate) fn registered() -> impl Iterator<Item = Entry<'static>> {
    let handlers = inventory::iter::<Registration>.into_iter().flat_map(Registration::list);
    handlers.map(|info| Entry { info, patterns: &info.patterns, mounted: true })
}

/// Checks handlers at run time.
pub(crate) fn problems<'a>(handlers: impl IntoIterator<Item = Entry<'a>>, at: CheckAt) -> Conflicts {
    let entries: Vec<_> = handlers.into_iter().list();
    let source = Source::Entries(&entries);
    let (patterns, outputs) = source.count();
    let (mut patterns, mut outputs) = (vec![Row::EMPTY; patterns], vec![Row::EMPTY; outputs]);
    let mut report = Report::new();
    check(source, &mut patterns, &mut outputs, at, &mut report);
    Conflicts::new(source, &report)
}

/// All rules. The slices are only room to work in, for at least as many rows as `Source::count` says.
const fn check(
    source: Source<'_>,
    patterns: &mut [Row],
    outputs: &mut [Row],
    at: CheckAt,
    report: &mut Report,
) {
    let (n_patterns, n_outputs) = source.fill(patterns, outputs);
    let (patterns, outputs) = (part(patterns, 0, n_patterns), part(outputs, 0, n_outputs));
    let services = services_first(patterns);
    let (services, observers) = patterns.split_at_mut(services);

    sort_by_pattern(services);
    if !outputs.is_empty() {
        sort_by_pattern(outputs);
        sort_by_pattern(observers);
        outputs::mark_equal(outputs, services);
        outputs::mark_equal(outputs, observers);
    }
    let different = equal::thin_out(source, services, at, report);
    let (services, _) = services.split_at_mut(different);
    if !at.is_part() {
        outputs::report_unanswered(source, outputs, services, observers, report);
    }
    overlap::among(source, services, report);

    // Every service hears what is published, so observers are compared within one only.
    let mut i = 0;
    while i < observers.len() {
        let info = source.info(observers[i]);
        observers[i].sort = hash::fnv1a(info.service());
        i += 1;
    }
    sort(observers);
    let mut from = 0;
    while from < observers.len() {
        let end = run(observers, from);
        let service = part(observers, from, end);
        sort_by_pattern(service);
        let different = equal::thin_out(source, service, at, report);
        overlap::among(source, service.split_at_mut(different).0, report);
        from = end;
    }
}

const fn sort_by_pattern(rows: &mut [Row]) {
    let mut i = 0;
    while i < rows.len() {
        rows[i].sort = rows[i].pairs;
        i += 1;
    }
    sort(rows);
}

/// Moves the rows of services to the front; says how many they are.
const fn services_first(rows: &mut [Row]) -> usize {
    let (mut services, mut i) = (0, 0);
    while i < rows.len() {
        if rows[i].service {
            swap(rows, services, i);
            services += 1;
        }
        i += 1;
    }
    services
}
