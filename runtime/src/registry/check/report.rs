//! The problems found, the first few of them kept in the order of their texts.

use std::cmp::Ordering;

use super::equal::compare_places;
use super::row::{Row, Source};

/// What is wrong with a set of handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Two handlers have the same pattern.
    Duplicate,
    /// Two handlers override the same pattern.
    TwoOverrides,
    /// A process mounts two alternatives of one pattern.
    TwoAlternatives,
    /// One function is listed twice.
    Twice,
    /// A message can match two patterns, and neither goes first.
    Ambiguous,
    /// A handler overrides a pattern that no other handler has.
    OverridesNothing,
    /// Another handler takes everything that this one could.
    Unreachable,
    /// No handler takes a message that a handler declares as its output.
    Unanswered,
}

impl ProblemKind {
    /// A short, stable word for it.
    ///
    /// ```
    /// # use matchbus::registry::ProblemKind;
    /// assert_eq!(ProblemKind::TwoOverrides.as_str(), "two-overrides");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Duplicate => "duplicate",
            ProblemKind::TwoOverrides => "two-overrides",
            ProblemKind::TwoAlternatives => "two-alternatives",
            ProblemKind::Twice => "twice",
            ProblemKind::Ambiguous => "ambiguous",
            ProblemKind::OverridesNothing => "overrides-nothing",
            ProblemKind::Unreachable => "unreachable",
            ProblemKind::Unanswered => "unanswered",
        }
    }
}

/// A problem, as rows.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub(super) kind: ProblemKind,
    pub(super) a: Row,
    /// The same as `a` if the problem is of one handler.
    pub(super) b: Row,
}

impl Fault {
    pub(super) const fn pair(kind: ProblemKind, a: Row, b: Row) -> Self {
        Fault { kind, a, b }
    }

    pub(super) const fn one(kind: ProblemKind, row: Row) -> Self {
        Fault { kind, a: row, b: row }
    }
}

/// What was found so far.
pub(super) struct Report {
    faults: [Fault; Report::SHOWN],
    /// All that were found, those not kept included.
    pub(super) total: usize,
}

impl Report {
    /// How many problems are told; nobody reads more at once.
    pub(super) const SHOWN: usize = 20;

    /// When the search for pairs stops: they may be as many as the square of the handlers.
    const ENOUGH: usize = 200;

    pub(super) const fn new() -> Self {
        Report { faults: [Fault::one(ProblemKind::Duplicate, Row::EMPTY); Report::SHOWN], total: 0 }
    }

    /// How many problems are kept.
    pub(super) const fn len(&self) -> usize {
        if self.total < Report::SHOWN { self.total } else { Report::SHOWN }
    }

    pub(super) const fn get(&self, i: usize) -> Fault {
        self.faults[i]
    }

    /// Whether there may be more problems than `total`.
    pub(super) const fn is_enough(&self) -> bool {
        self.total >= Report::ENOUGH
    }

    pub(super) const fn add(&mut self, source: Source<'_>, mut fault: Fault) {
        if matches!(fault.kind, ProblemKind::Ambiguous) && is_before(source, fault.b, fault.a) {
            fault = Fault::pair(fault.kind, fault.b, fault.a);
        }
        let mut at = self.len();
        self.total += 1;
        if at == Report::SHOWN {
            if !goes_before(source, fault, self.faults[at - 1]) {
                return;
            }
            at -= 1;
        }
        while at > 0 && goes_before(source, fault, self.faults[at - 1]) {
            self.faults[at] = self.faults[at - 1];
            at -= 1;
        }
        self.faults[at] = fault;
    }
}

const fn goes_before(source: Source<'_>, a: Fault, b: Fault) -> bool {
    if a.kind as u8 != b.kind as u8 {
        return (a.kind as u8) < b.kind as u8;
    }
    is_before(source, a.a, b.a) || (!is_before(source, b.a, a.a) && is_before(source, a.b, b.b))
}

const fn is_before(source: Source<'_>, a: Row, b: Row) -> bool {
    match compare(source.pattern(a).text, source.pattern(b).text) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => matches!(compare_places(source.info(a), source.info(b)), Ordering::Less),
    }
}

/// The order of texts, by bytes.
pub(super) const fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] < b[i] {
            return Ordering::Less;
        }
        if a[i] > b[i] {
            return Ordering::Greater;
        }
        i += 1;
    }
    if a.len() < b.len() {
        Ordering::Less
    } else if a.len() > b.len() {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}
