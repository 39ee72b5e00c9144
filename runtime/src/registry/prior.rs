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
    let mut next: Option<(_, &Info, &PatternInfo)> = None;
    for other in all.iter().filter(|other| other.kind == Kind::Service) {
        for theirs in &*other.patterns {
            let equal = theirs.text == pattern.text;
            let place = order(other, theirs);
            let after = if equal { info.overrides && !other.overrides } else { place <= own };
            if after
                && theirs.keys.iter().all(|key| has(pattern, key))
                && next.is_none_or(|(first, ..)| first <= place)
            {
                next = Some((place, *other, theirs));
            }
        }
    }
    next.map(|(_, other, theirs)| (other, theirs))
}

/// The handlers that hand on by `Prior` what nothing in this program is certain to answer, so that another process has to;
/// with the pattern of which that is so. Those that can do without are not among them.
pub(crate) fn hands_on_outside(all: &[&'static Info]) -> Vec<(&'static Info, &'static PatternInfo)> {
    let mut outside = Vec::new();
    for info in all.iter().filter(|info| info.kind == Kind::Service) {
        if info.needs().iter().any(|need| matches!(need, Need::Prior { optional: false })) {
            for pattern in &*info.patterns {
                if prior(info, pattern, all).is_none() {
                    outside.push((*info, pattern));
                }
            }
        }
    }
    outside
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
