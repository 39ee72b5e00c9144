//! What is answered to GET.

use std::fmt::Write;

use crate::flow::{Counts, Flow, Snapshot};

/// All flows in Prometheus' text format (version 0.0.4).
pub(super) fn metrics(snapshot: &Snapshot, ready: bool) -> String {
    let flows = series(&snapshot.flows);
    let mut text = String::with_capacity(512 + 512 * flows.len());
    family(&mut text, "matchbus_messages_total", "counter", "Messages that came, by handler.");
    for flow in &flows {
        sample(&mut text, "matchbus_messages_total", flow, None, flow.counts.started);
    }
    family(&mut text, "matchbus_ended_total", "counter", "Messages that ended, by handler and outcome.");
    for flow in &flows {
        for (outcome, count) in outcomes(&flow.counts) {
            sample(&mut text, "matchbus_ended_total", flow, Some(outcome), count);
        }
    }
    family(
        &mut text,
        "matchbus_replayed_total",
        "counter",
        "Messages that were answered as an earlier one with the same key, by handler.",
    );
    for flow in &flows {
        sample(&mut text, "matchbus_replayed_total", flow, None, flow.counts.replayed);
    }
    family(&mut text, "matchbus_in_flight", "gauge", "Messages that came and have not ended, by handler.");
    for flow in &flows {
        sample(&mut text, "matchbus_in_flight", flow, None, flow.counts.in_flight());
    }
    family(&mut text, "matchbus_unrouted_total", "counter", "Messages that no handler answers.");
    line(&mut text, format_args!("matchbus_unrouted_total {}", snapshot.unrouted));
    family(
        &mut text,
        "matchbus_outgoing_given_up_total",
        "counter",
        "Messages to other processes whose answer nobody waited for, by pattern.",
    );
    for outgoing in &snapshot.outgoing {
        let labels = [("pattern", &*outgoing.pattern)];
        labelled(&mut text, "matchbus_outgoing_given_up_total", labels, outgoing.given_up);
    }
    family(&mut text, "matchbus_ready", "gauge", "1 while the process should be sent messages.");
    line(&mut text, format_args!("matchbus_ready {}", u8::from(ready)));
    text
}

/// The flows with their labels once each: a handler and the one that overrides it may have the same names, and who reads
/// this takes nothing of a text that has a series twice.
fn series(flows: &[Flow]) -> Vec<Flow> {
    let mut all: Vec<Flow> = Vec::with_capacity(flows.len());
    // They are sorted by their labels.
    for flow in flows {
        match all.last_mut().filter(|last| labels(last) == labels(flow)) {
            Some(last) => last.counts.add(&flow.counts),
            None => all.push(flow.clone()),
        }
    }
    all
}

fn labels(flow: &Flow) -> [(&str, &str); 3] {
    [("pattern", &flow.pattern), ("service", &flow.service), ("handler", &flow.handler)]
}

fn outcomes(counts: &Counts) -> [(&'static str, u64); 4] {
    [
        ("replied", counts.replied),
        ("failed", counts.failed),
        ("not-done", counts.not_done),
        ("unknown", counts.unknown),
    ]
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn sample(text: &mut String, name: &str, flow: &Flow, outcome: Option<&str>, count: u64) {
    let outcome = outcome.map(|outcome| ("outcome", outcome));
    labelled(text, name, labels(flow).into_iter().chain(outcome), count);
}

fn labelled<'a>(
    text: &mut String,
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    count: u64,
) {
    text.push_str(name);
    let mut separator = '{';
    for (label, value) in labels {
        text.push(separator);
        text.push_str(label);
        text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                c => text.push(c),
            }
        }
        text.push('"');
        separator = ',';
    }
    line(text, format_args!("}} {count}"));
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Outgoing;

    fn flow(pattern: &str, started: u64) -> Flow {
        let counts = Counts { started, replied: started, ..Counts::default() };
        Flow { pattern: pattern.into(), service: "cart".into(), handler: "add".into(), counts }
    }

    #[test]
    fn each_series_stands_once() {
        // As with a handler and the one that overrides it, in modules of one name.
        let text = metrics(
            &Snapshot::new(vec![flow("a:1", 2), flow("a:2", 1), flow("a:1", 3)], 0, Vec::new()),
            true,
        );
        let samples: Vec<&str> =
            text.lines().filter(|line| line.starts_with("matchbus_messages_total{")).collect();
        assert_eq!(
            samples,
            [
                r#"matchbus_messages_total{pattern="a:1",service="cart",handler="add"} 5"#,
                r#"matchbus_messages_total{pattern="a:2",service="cart",handler="add"} 1"#,
            ]
        );
    }

    #[test]
    fn a_label_may_have_any_text() {
        let text = metrics(&Snapshot::new(vec![flow("a:\"q\\\n\u{fc}", 1)], 0, Vec::new()), true);
        assert!(text.contains(r#"messages_total{pattern="a:\"q\\\nü","#), "{text}");
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("matchbus_")), "{text}");
    }

    #[test]
    fn what_nobody_waited_for_is_told_by_pattern() {
        let outgoing =
            Outgoing { pattern: "role:\"a\"".into(), messages: 5, given_up: 3, ..Outgoing::default() };
        let text = metrics(&Snapshot::new(Vec::new(), 0, vec![outgoing]), true);
        let line = r#"matchbus_outgoing_given_up_total{pattern="role:\"a\""} 3"#;
        assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
    }
}
