//! The words for problems: what is wrong, with which handlers, and what to do.

use super::report::{Fault, ProblemKind, Report};
use super::row::Source;
use crate::registry::text::Text;
use crate::registry::{Info, Kind};

/// Writes all problems, as they stand in the compile error.
pub(super) const fn describe_all<const N: usize>(source: Source<'_>, report: &Report, text: &mut Text<N>) {
    let mut i = 0;
    while i < report.len() {
        if i > 0 {
            text.add("\n");
        }
        describe(source, report.get(i), text);
        i += 1;
    }
    add_more(report.total - report.len(), report.is_enough(), text);
}

/// Writes how many problems are not told, on a line of its own.
#[allow(clippy::cast_possible_wrap)]
pub(super) const fn add_more<const N: usize>(more: usize, at_least: bool, text: &mut Text<N>) {
    if more > 0 {
        text.add("\n… and ").add(if at_least { "at least " } else { "" }).add_int(more as i64).add(" more");
    }
}

/// Writes one problem, without a line end.
pub(super) const fn describe<const N: usize>(source: Source<'_>, fault: Fault, text: &mut Text<N>) {
    let (a, b) = (source.info(fault.a), source.info(fault.b));
    let pattern = source.pattern(fault.a).text;
    match fault.kind {
        ProblemKind::Duplicate => {
            text.add("two ");
            add_who(a, text);
            text.add(" have the pattern `").add(pattern).add("`");
            add_both(a, b, text);
            if a.alternative || b.alternative {
                text.add("\n  only one of them says `alternative`: write it in both and mount one of them, or remove one");
            } else {
                text.add("\n  remove one, ask for one more key in one, or write `overrides` in the one that is to replace the other");
                if matches!(a.kind, Kind::Observer) {
                    text.add("; if they are two services, name one of them with `group(…)`");
                }
            }
        }
        ProblemKind::TwoOverrides => {
            text.add("two ");
            add_who(a, text);
            text.add(" override the pattern `").add(pattern).add("`");
            add_both(a, b, text);
            text.add("\n  only one can: remove one, or ask for one more key in it instead of `overrides`");
        }
        ProblemKind::TwoAlternatives => {
            text.add("two alternatives for the pattern `").add(pattern).add("` are mounted");
            add_both(a, b, text);
            let (one, other) = (a.service(), b.service());
            if super::glob::same(one, other) {
                text.add("\n  both are in service `").add(one).add(
                    "`: give each a name of its own with `group(…)`, and mount one of them with `--only …`",
                );
            } else {
                text.add("\n  mount one: `--only ").add(one).add("` or `--only ").add(other).add("`");
            }
        }
        ProblemKind::Twice => {
            text.add("a handler is listed twice with the pattern `").add(pattern).add("`\n  - ");
            add_handler(a, text);
            text.add("\n  remove one of the two");
        }
        ProblemKind::Ambiguous => {
            text.add("a message can match both `")
                .add(pattern)
                .add("` and `")
                .add(source.pattern(fault.b).text)
                .add("`, and neither has more keys");
            add_both(a, b, text);
            if a.ranked {
                text.add("\n  both say `rank(")
                    .add_int(a.rank as i64)
                    .add(")`: give the one that is to win a higher rank");
            } else {
                text.add("\n  ask for one more key in one, or write `rank(1)` in the one that is to win");
            }
        }
        ProblemKind::OverridesNothing => {
            text.add("no other handler has the pattern `")
                .add(pattern)
                .add("`, which is marked `overrides`\n  - ");
            add_handler(a, text);
            text.add(
                "\n  link the crate that has the other handler, mark the message `external` if another program has it, correct the \
                 pattern, or remove `overrides`",
            );
        }
        ProblemKind::Unreachable => {
            text.add("the handler of `")
                .add(pattern)
                .add("` gets no message: `")
                .add(source.pattern(fault.b).text)
                .add("` matches all of them and has the higher rank, ")
                .add_int(b.rank as i64)
                .add(" against ")
                .add_int(a.rank as i64);
            add_both(a, b, text);
            text.add("\n  give the first a rank above ").add_int(b.rank as i64).add(", or remove it");
        }
        ProblemKind::Unanswered => {
            let message = source.message(fault.a);
            text.add("no handler ")
                .add(if fault.a.calls { "answers" } else { "takes" })
                .add(" `")
                .add(message.name)
                .add("`, whose pattern is `")
                .add(pattern)
                .add("`\n  - ");
            add_handler(a, text);
            text.add(if fault.a.calls { " calls it" } else { " emits it" })
                .add("\n  add a handler, link the crate that has it, end a list that is not all with `, ..`, or mark the message `external`");
        }
    }
}

const fn add_both<const N: usize>(a: &Info, b: &Info, text: &mut Text<N>) {
    text.add("\n  - ");
    add_handler(a, text);
    text.add("\n  - ");
    add_handler(b, text);
}

const fn add_handler<const N: usize>(info: &Info, text: &mut Text<N>) {
    text.add(info.module)
        .add("::")
        .add(info.name)
        .add(" (")
        .add(info.place.file)
        .add(":")
        .add_int(info.place.line as i64)
        .add(")");
}

const fn add_who<const N: usize>(info: &Info, text: &mut Text<N>) {
    match info.kind {
        Kind::Service => text.add("handlers"),
        Kind::Observer => text.add("observers of service `").add(info.service()).add("`"),
    };
}
