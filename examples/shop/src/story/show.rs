//! How the story looks in a terminal of 100 columns.

use matchbus::flow::Snapshot;
use matchbus::{CallError, ErrorReply};

use super::happened::Happened;
use super::ink::Ink;

const WIDTH: usize = 96;

pub(super) fn said(text: &str, ink: Ink) -> String {
    format!("\n{}\n", wrap(text, "").iter().map(|line| ink.bold(line)).collect::<Vec<_>>().join("\n"))
}

pub(super) fn happened(happened: &Happened, ink: Ink) -> String {
    let mut lines = vec![String::new()];
    lines.extend(block("→ ", &happened.message, |line| ink.message(line)));
    lines.extend(answered(happened).iter().flat_map(|text| block("  ", text, |line| ink.dim(line))));
    match &happened.reply {
        Ok(reply) => lines.extend(block("← ", reply, |line| ink.reply(line))),
        Err(error) => lines.extend(failed(error, ink)),
    }
    for event in &happened.events {
        lines.extend(block("! ", &format!("{} {}", event.name, event.body), |line| ink.event(line)));
        lines.extend(block("  ", &format!("heard by {}", event.heard_by.join(", ")), |line| ink.dim(line)));
    }
    lines.join("\n") + "\n"
}

/// Who answered, for special cases why, and who helped.
fn answered(happened: &Happened) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(handler) = &happened.answered_by {
        lines.push(format!("{} answers {}", handler.id(), handler.pattern));
    }
    if let Some(why) = &happened.why
        && let (Some(reason), Some(second)) = (&why.reason, why.matched.get(1))
    {
        lines.push(format!("it wins over {second}: {reason}"));
    }
    if !happened.on_the_way.is_empty() {
        let helped = happened.on_the_way.iter().map(|(handler, special)| match &special[..] {
            [] => handler.id(),
            keys => format!("{} (by {})", handler.id(), keys.join(", ")),
        });
        lines.push(format!("with the help of {}", helped.collect::<Vec<_>>().join(", ")));
    }
    if happened.done_without > 0 {
        lines.push("and a default where nobody answered (`call_or`)".to_owned());
    }
    lines
}

fn failed(error: &CallError<ErrorReply>, ink: Ink) -> Vec<String> {
    let reply = error.to_reply();
    let text = error.bus().map_or(&*reply.message, matchbus::Error::text);
    let again = if reply.retryable { "retryable" } else { "not retryable" };
    let text = format!("{}, {again}: {text}", reply.code).replace("; near miss", "\nnear miss");
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(i, line)| block(if i == 0 { "✗ " } else { "    " }, line, |line| ink.error(line)))
        .collect()
}

pub(super) fn end(flows: &Snapshot, ink: Ink) -> String {
    format!(
        "\n{}\n\n{flows}\n{}\n{}\n",
        ink.bold("Every message was counted, by pattern:"),
        "Try `cargo run -q -p shop -- list` for who answers what, and `graph` for who sends what to whom.",
        "Try a message: cargo run -q -p shop -- call '{\"role\":\"price\",\"cmd\":\"get\",\"sku\":\"tea\"}' --explain"
    )
}

/// Wrapped text with a sign before the first line.
fn block(sign: &str, text: &str, paint: impl Fn(&str) -> String) -> Vec<String> {
    let blank = " ".repeat(sign.chars().count());
    let lines = wrap(text, "  ");
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| format!("{}{}", if i == 0 { sign } else { &blank }, paint(line)))
        .collect()
}

/// Breaks after blanks and commas; JSON stays what it was when it is joined again.
fn wrap(text: &str, hang: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive([' ', ',']) {
        let line =
            lines.last_mut().filter(|line| line.chars().count() + word.trim_end().chars().count() <= WIDTH);
        match line {
            Some(line) => line.push_str(word),
            None => lines.push(format!("{hang}{word}")),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}
