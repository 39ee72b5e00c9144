//! Random handlers against the rules as DESIGN.md has them, tried message by message.

use proptest::prelude::*;

use super::build::{entry, leak, message};
use super::globs::fits;
use crate::handler::Need;
use crate::message::{FieldInfo, FieldKind, MessageInfo};
use crate::pattern::{PatternInfo, Scalar, ValueRef};
use crate::registry::check::report::ProblemKind;
use crate::registry::check::row::{Row, Source};
use crate::registry::check::{CheckAt, Entry, Report, check};
use crate::registry::{Info, Kind};

const NAMES: [&str; 3] = ["a", "b", "c"];

const VALUES: [&str; 13] = ["x", "y", "xy", "1", "2", "true", "*", "x*", "*y", "?", "x?", "*x*", "?*"];

/// What each key of a message may be: absent, or one of these.
const SCALARS: [Option<Scalar<'static>>; 17] = [
    None,
    Some(Scalar::Null),
    Some(Scalar::List),
    Some(Scalar::Int(1)),
    Some(Scalar::Int(2)),
    Some(Scalar::Bool(true)),
    Some(Scalar::Str("")),
    Some(Scalar::Str("x")),
    Some(Scalar::Str("y")),
    Some(Scalar::Str("z")),
    Some(Scalar::Str("xy")),
    Some(Scalar::Str("xx")),
    Some(Scalar::Str("yx")),
    Some(Scalar::Str("zy")),
    Some(Scalar::Str("xzy")),
    Some(Scalar::Str("zx")),
    Some(Scalar::Str("xxx")),
];

type Message = [Option<Scalar<'static>>; 3];

fn messages() -> impl Iterator<Item = Message> {
    SCALARS.iter().flat_map(|a| SCALARS.iter().flat_map(move |b| SCALARS.iter().map(move |c| [*a, *b, *c])))
}

fn takes(value: ValueRef<'_>, scalar: Scalar<'_>) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match (value, scalar) {
        (ValueRef::Glob("*"), _) => true,
        (ValueRef::Glob(glob), Scalar::Str(text)) => fits(&chars(glob), &chars(text)),
        (ValueRef::Str(a), Scalar::Str(b)) => a == b,
        (ValueRef::Int(a), Scalar::Int(b)) => a == b,
        (ValueRef::Bool(a), Scalar::Bool(b)) => a == b,
        _ => false,
    }
}

fn matches(pattern: &PatternInfo, message: &Message) -> bool {
    pattern.keys.iter().all(|key| {
        let at = NAMES.iter().position(|name| *name == key.name).unwrap();
        message[at].is_some_and(|scalar| takes(key.value, scalar))
    })
}

/// Whether a message may be one of this type.
fn is_of(info: &MessageInfo, message: &Message) -> bool {
    NAMES.iter().zip(message).all(|(name, scalar)| {
        if let Some(key) = info.pattern.keys.iter().find(|key| key.name == *name) {
            return scalar.is_some_and(|scalar| takes(key.value, scalar));
        }
        let Some(scalar) = *scalar else { return true };
        info.open
            || info.context.contains(name)
            || info.fields.iter().any(|field| {
                field.name == *name
                    && match field.kind {
                        FieldKind::Str => matches!(scalar, Scalar::Str(_)),
                        FieldKind::Int => matches!(scalar, Scalar::Int(_)),
                        FieldKind::Bool => matches!(scalar, Scalar::Bool(_)),
                        FieldKind::Never => matches!(scalar, Scalar::List),
                        FieldKind::Unknown => true,
                    }
            })
    })
}

/// A problem as its kind and the two lines of its handlers.
type Found = (ProblemKind, u32, u32);

fn line(info: &Info) -> u32 {
    info.place.line
}

fn expected(entries: &[Entry<'_>]) -> Vec<Found> {
    let mut found = Vec::new();
    let one_service =
        |a: &Info, b: &Info| a.kind == b.kind && (a.kind == Kind::Service || a.service() == b.service());
    // Which of each pattern gets the messages.
    let mut winners = Vec::new();
    for (i, a) in entries.iter().enumerate() {
        let equals: Vec<_> = entries
            .iter()
            .filter(|b| one_service(a.info, b.info) && a.patterns[0].text == b.patterns[0].text)
            .collect();
        let overriding: Vec<_> = equals.iter().filter(|e| e.info.overrides).collect();
        let plain: Vec<_> = equals.iter().filter(|e| !e.info.overrides).collect();
        let winner = overriding
            .first()
            .copied()
            .unwrap_or_else(|| equals.iter().find(|e| !e.info.ranked).unwrap_or(&equals[0]));
        if std::ptr::eq(winner.info, a.info) {
            winners.push(i);
        }
        if line(equals[0].info) == line(a.info) {
            for others in [(&overriding, ProblemKind::TwoOverrides), (&plain, ProblemKind::Duplicate)] {
                for other in others.0.iter().skip(1) {
                    found.push((others.1, line(others.0[0].info), line(other.info)));
                }
            }
            if plain.is_empty() {
                let only = line(overriding[0].info);
                found.push((ProblemKind::OverridesNothing, only, only));
            }
        }
    }
    let messages: Vec<_> = messages().collect();
    let reach: Vec<Vec<bool>> =
        entries.iter().map(|e| messages.iter().map(|m| matches(&e.patterns[0], m)).collect()).collect();
    for &i in &winners {
        for &j in &winners {
            let (a, b) = (entries[i].info, entries[j].info);
            if i == j || !one_service(a, b) || a.patterns[0].keys.len() != b.patterns[0].keys.len() {
                continue;
            }
            let both = reach[i].iter().zip(&reach[j]).any(|(i, j)| *i && *j);
            let undecided = if a.ranked && b.ranked { a.rank == b.rank } else { !a.ranked && !b.ranked };
            if i < j && both && undecided {
                found.push((ProblemKind::Ambiguous, line(a), line(b)));
            }
            if b.rank > a.rank && reach[i].iter().zip(&reach[j]).all(|(i, j)| !*i || *j) {
                found.push((ProblemKind::Unreachable, line(a), line(b)));
            }
        }
    }
    for entry in entries {
        for need in entry.info.needs.iter().copied().flatten() {
            let (message, calls) = match need {
                Need::Calls(message) => (message, true),
                Need::Emits(message) => (message, false),
                _ => continue,
            };
            let of_type: Vec<_> = messages.iter().map(|m| is_of(message, m)).collect();
            let answered = entries.iter().enumerate().any(|(i, e)| {
                (!calls || e.info.kind == Kind::Service)
                    && of_type.iter().zip(&reach[i]).any(|(m, e)| *m && *e)
            });
            if !answered && !message.external {
                found.push((ProblemKind::Unanswered, line(entry.info), line(entry.info)));
            }
        }
    }
    found.sort_unstable();
    found
}

fn actual(entries: &[Entry<'_>]) -> (Vec<Found>, usize) {
    let source = Source::Entries(entries);
    let (patterns, outputs) = source.count();
    let (mut patterns, mut outputs) = (vec![Row::EMPTY; patterns], vec![Row::EMPTY; outputs]);
    let mut report = Report::new();
    check(source, &mut patterns, &mut outputs, CheckAt::Registry, &mut report);
    let mut found: Vec<_> = (0..report.len())
        .map(|i| {
            let fault = report.get(i);
            let (mut a, mut b) = (line(source.info(fault.a)), line(source.info(fault.b)));
            if fault.kind == ProblemKind::Ambiguous && a > b {
                (a, b) = (b, a);
            }
            (fault.kind, a, b)
        })
        .collect();
    found.sort_unstable();
    (found, report.total)
}

fn any_message() -> impl Strategy<Value = &'static MessageInfo> {
    let key = prop_oneof![
        3 => Just(("", None)),
        3 => prop::sample::select(&["x", "y", "1"][..]).prop_map(|value| (value, None)),
        2 => prop::sample::select(
            &[FieldKind::Str, FieldKind::Int, FieldKind::Bool, FieldKind::Never, FieldKind::Unknown][..],
        )
        .prop_map(|kind| ("", Some(kind))),
    ];
    ([key.clone(), key.clone(), key], 0..8usize).prop_map(|(keys, more)| {
        let (mut fixed, mut fields) = (Vec::new(), Vec::new());
        for (name, (value, kind)) in NAMES.into_iter().zip(keys) {
            if !value.is_empty() {
                fixed.push(format!("{name}:{value}"));
            }
            fields.extend(kind.map(|kind| FieldInfo::new(name, kind)));
        }
        let mut info = *message("Free");
        info.pattern = super::build::pattern(&fixed.join(","));
        info.fields = leak(fields.into());
        match more {
            0 => info.open = true,
            1 => info.external = true,
            2 if !fixed.iter().any(|pair| pair.starts_with('c')) => info.context = &["c"],
            _ => {}
        }
        leak(Box::new(info))
    })
}

fn any_handler() -> impl Strategy<Value = (String, Vec<Need>)> {
    let value = || prop::option::weighted(0.6, prop::sample::select(&VALUES[..]));
    let needs = prop::collection::vec(
        (any::<bool>(), any_message())
            .prop_map(|(calls, m)| if calls { Need::Calls(m) } else { Need::Emits(m) }),
        0..2,
    );
    (prop::bool::weighted(0.8), 0..2, [value(), value(), value()], 0..10, -1..3i32, needs).prop_map(
        |(service, module, values, option, rank, needs)| {
            let pairs: Vec<_> =
                NAMES.iter().zip(values).filter_map(|(name, v)| v.map(|v| format!("{name}:{v}"))).collect();
            let pairs = if pairs.is_empty() { "-".to_owned() } else { pairs.join(",") };
            let option = match option {
                0 => "overrides".to_owned(),
                1..5 => format!("rank({rank})"),
                _ => String::new(),
            };
            let kind = if service { "service" } else { "observer" };
            (format!("{kind} m{module}::f {pairs} {option}"), needs)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_tried_message_by_message(handlers in prop::collection::vec(any_handler(), 1..9)) {
        let entries: Vec<_> = handlers
            .iter()
            .enumerate()
            .map(|(i, (text, needs))| {
                // The names order handlers of one pattern; here that is the order of lines.
                let mut e = entry(&text.replace("::f ", &format!("::f{i} ")), i + 1);
                let mut info = *e.info;
                // Services are compared by line; observers of `m0` and `m1` are apart.
                if info.kind == Kind::Service {
                    info.module = "m";
                }
                let needs: &'static [Need] = leak(needs.clone().into());
                info.needs = leak(Box::from([needs]));
                e.info = leak(Box::new(info));
                e
            })
            .collect();
        let expected = expected(&entries);
        let (actual, total) = actual(&entries);
        prop_assert_eq!(total, expected.len(), "{:?} for {:?}", actual, expected);
        if total <= Report::SHOWN {
            prop_assert_eq!(actual, expected);
        }
    }
}
