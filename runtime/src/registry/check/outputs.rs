//! Declared outputs that nothing answers.

use super::hash::fnv1a;
use super::join::{self, Goal, Used};
use super::report::{Fault, ProblemKind, Report};
use super::row::{Row, Source};
use super::sort::swap;
use super::value;
use crate::message::MessageInfo;
use crate::pattern::PatternInfo;
use crate::registry::fit;

/// Whether a message of this type can match the pattern.
pub(super) const fn answers(message: &MessageInfo, pattern: &PatternInfo) -> bool {
    let mut i = 0;
    while i < pattern.keys.len() {
        let key = &pattern.keys[i];
        let fits = match value::key(message.pattern.keys, key.name_hash) {
            Some(given) => value::fits(key.value, given.value),
            None => match fit::field(message, key.name) {
                _ if message.open || fit::listed(message.context, key.name) => true,
                Some(kind) => fit::possible(kind, key.value),
                None => false,
            },
        };
        if !fits {
            return false;
        }
        i += 1;
    }
    true
}

/// Moves the outputs whose messages can have the key to the front; says how many they are.
pub(super) const fn with_key(source: Source<'_>, outputs: &mut [Row], name_hash: u64) -> usize {
    let (mut with, mut i) = (0, 0);
    while i < outputs.len() {
        let message = source.message(outputs[i]);
        if message.open || has_key(message, name_hash) {
            swap(outputs, with, i);
            with += 1;
        }
        i += 1;
    }
    with
}

const fn has_key(message: &MessageInfo, name_hash: u64) -> bool {
    if value::key(message.pattern.keys, name_hash).is_some() {
        return true;
    }
    let mut i = 0;
    while i < message.fields.len() {
        if fnv1a(message.fields[i].name) == name_hash {
            return true;
        }
        i += 1;
    }
    i = 0;
    while i < message.context.len() {
        if fnv1a(message.context[i]) == name_hash {
            return true;
        }
        i += 1;
    }
    false
}

/// Marks the outputs that a handler with exactly the message's keys answers, which is nearly all of them. Both sides
/// are sorted by pattern.
pub(super) const fn mark_equal(outputs: &mut [Row], rows: &[Row]) {
    let (mut i, mut j) = (0, 0);
    while i < outputs.len() && j < rows.len() {
        if outputs[i].pairs < rows[j].pairs {
            i += 1;
        } else if outputs[i].pairs > rows[j].pairs {
            j += 1;
        } else {
            if rows[j].service || !outputs[i].calls {
                outputs[i].answered = true;
            }
            i += 1;
        }
    }
}

/// Reports the outputs that no row answers; outputs are sorted by pattern.
pub(super) const fn report_unanswered(
    source: Source<'_>,
    outputs: &mut [Row],
    services: &mut [Row],
    observers: &mut [Row],
    report: &mut Report,
) {
    let open = unanswered(outputs);
    let (outputs, _) = outputs.split_at_mut(open);
    let calls = calls_first(outputs);
    let (calls, emits) = outputs.split_at_mut(calls);
    ask(source, calls, services);
    ask(source, emits, services);
    ask(source, emits, observers);
    let mut i = 0;
    while i < open {
        if !outputs[i].answered {
            report.add(source, Fault::one(ProblemKind::Unanswered, outputs[i]));
        }
        i += 1;
    }
}

/// Moves the outputs without an answer to the front; says how many they are.
const fn unanswered(outputs: &mut [Row]) -> usize {
    let (mut open, mut i) = (0, 0);
    while i < outputs.len() {
        if !outputs[i].answered {
            swap(outputs, open, i);
            open += 1;
        }
        i += 1;
    }
    open
}

/// Moves the calls to the front; says how many they are.
const fn calls_first(outputs: &mut [Row]) -> usize {
    let (mut calls, mut i) = (0, 0);
    while i < outputs.len() {
        if outputs[i].calls {
            swap(outputs, calls, i);
            calls += 1;
        }
        i += 1;
    }
    calls
}

const fn ask(source: Source<'_>, outputs: &mut [Row], rows: &mut [Row]) {
    // Answers are marked on the rows; there is nothing to report yet.
    let mut report = Report::new();
    let open = unanswered(outputs);
    join::across(source, outputs.split_at_mut(open).0, rows, Goal::Answer, Used::NONE, &mut report);
}
