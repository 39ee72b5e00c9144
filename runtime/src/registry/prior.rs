use super::{Info, Kind};
use crate::handler::Need;
use crate::pattern::{Compare, KeyInfo, PatternInfo, Scalar, ValueRef};

/// What `Prior` of a handler calls for messages that have its pattern's keys and no others: of the services whose pattern
/// each such message has too, the one that comes next (rules M3, M6).
pub(super) fn prior(
    info: &Info,
    pattern: &PatternInfo,
    all: &[&'static Info],
) -> Option<(&'static Info, &'static PatternInfo)> {
    let own = order(info, pattern);
    let services = all.iter().filter(|other| other.kind == Kind::Service);
    let each = services.flat_map(|other| other.patterns.iter().map(move |pattern| (*other, pattern)));
    let behind = each.filter(|(other, theirs)| {
        let equal = theirs.text == pattern.text;
        let after = if equal { info.overrides && !other.overrides } else { order(other, theirs) <= own };
        after && theirs.keys.iter().all(|key| has(pattern, key))
    });
    behind.max_by_key(|(other, theirs)| order(other, theirs))
}

/// The handlers that hand on by `Prior` what nothing in this program is certain to answer, so that another process has to;
/// with the pattern of which that is so. Those that can do without are not among them.
pub(crate) fn hands_on_outside(all: &[&'static Info]) -> Vec<(&'static Info, &'static PatternInfo)> {
    let needs = |info: &Info| {
        let mut needs = info.needs.iter().copied().flatten();
        info.kind == Kind::Service && needs.any(|need| matches!(need, Need::Prior { optional: false }))
    };
    let all_of =
        |info: &&'static Info| info.patterns.iter().map(|pattern| (*info, pattern)).collect::<Vec<_>>();
    let each = all.iter().filter(|info| needs(info)).flat_map(all_of);
    each.filter(|(info, pattern)| prior(info, pattern, all).is_none()).collect()
}

fn order(info: &Info, pattern: &PatternInfo) -> (usize, i32, usize) {
    let exact = pattern.keys.iter().filter(|key| !matches!(key.value, ValueRef::Glob(_)));
    (pattern.keys.len(), info.rank, exact.count())
}

/// Whether every message with this pattern has the key.
fn has(pattern: &PatternInfo, key: &KeyInfo) -> bool {
    pattern.keys.iter().filter(|own| own.name == key.name).any(|own| match own.value {
        value if value == key.value => true,
        ValueRef::Glob(_) => matches!(key.value, ValueRef::Glob("*")),
        ValueRef::Str(text) => key.value.fits(Compare::Typed, Scalar::Str(text)),
        ValueRef::Int(n) => key.value.fits(Compare::Typed, Scalar::Int(n)),
        ValueRef::Bool(b) => key.value.fits(Compare::Typed, Scalar::Bool(b)),
    })
}
