use std::io::{IsTerminal, Read};
use std::time::Duration;

use serde_json::json;

use super::log::say;
use super::network::Network;
use super::print;
use crate::bus::{Bus, Hearer, Hearers};
use crate::list::{List, join};
use crate::message::{AppError, CallError, Error, ErrorReply, Result};
use crate::registry::{Catalogue, Handler};
use crate::router::Explanation;
use crate::transport::Url;

/// `call`, as the command line says it.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) message: Option<String>,
    pub(super) explain: bool,
    pub(super) publish: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) context: Vec<(String, String)>,
    pub(super) network: Network,
}

/// Calls with one message, prints the reply (or publishes it, and prints to how many groups), and waits for what the message led to. The exit code: 0 for a reply, 1
/// for an error.
pub(super) async fn call(bus: Bus, catalogue: &Catalogue, call: Call) -> Result<u8> {
    let message = match call.message {
        Some(message) if message != "-" => message.into_bytes(),
        _ => read_stdin()?,
    };
    if call.explain && call.publish {
        say(&bus
            .hearers(&message)
            .map_or_else(|error| error.to_string(), |hearers| heard(&hearers, catalogue)));
    } else if call.explain {
        match bus.explain(&message) {
            Ok(why) => match bus.answered_at(&message) {
                Some((pattern, urls)) => say(&format!("{}\n{why}", elsewhere(&pattern, "answered", &urls))),
                None => say(&explained(&why, catalogue)),
            },
            Err(error) => say(&error.to_string()),
        }
    }
    let mut from = bus.clone();
    if let Some(timeout) = call.timeout {
        from = from.timeout(timeout);
    }
    for (key, value) in call.context {
        from = from.context(key, value);
    }
    let reply = if call.publish {
        let published = from.publish_bytes(&message).await;
        published
            .map(|published| format!("{{\"groups\":{}}}", published.groups).into_bytes())
            .map_err(CallError::Bus)
    } else {
        from.act_bytes(&message).await
    };
    bus.settled().await;
    Ok(match reply {
        Ok(reply) => {
            print(&format!("{}\n", String::from_utf8_lossy(&reply)))?;
            0
        }
        Err(error) => {
            if std::io::stderr().is_terminal() {
                say(&error_text(&error));
            } else {
                say(&error_object(&error, None).to_string());
            }
            1
        }
    })
}

/// Who answers, where that stands in the source, and why.
fn explained(why: &Explanation, catalogue: &Catalogue) -> String {
    let winner = why.winner().map(ToString::to_string);
    let answers = |handler: &&Handler| handler.kind == "service" && Some(&handler.pattern) == winner.as_ref();
    // Of two with the equal pattern the one that overrides comes first.
    match catalogue.handlers.iter().filter(answers).max_by_key(|handler| handler.overrides) {
        Some(handler) => format!("{} answers ({})\n{why}", handler.id(), handler.place),
        None => why.to_string(),
    }
}

/// Which groups get a copy, by which handler, and why by that one.
fn heard(hearers: &Hearers, catalogue: &Catalogue) -> String {
    let lines = hearers.all.iter().map(|hearer| match hearer {
        Hearer::Here { group, why } => {
            let winner = why.winner().map(ToString::to_string);
            let hears = |handler: &&Handler| {
                handler.kind == "observer"
                    && handler.service == *group
                    && Some(&handler.pattern) == winner.as_ref()
            };
            let told = why.to_string();
            // What nearly fits says nothing where something fits.
            let why = join(&told.lines().take_while(|line| !line.starts_with("near miss")).list(), "; ");
            match catalogue.handlers.iter().find(hears) {
                Some(handler) => format!("{} hears it ({}): {why}", handler.id(), handler.place),
                None => format!("{group} hears it: {why}"),
            }
        }
        Hearer::Elsewhere { group, pattern, at } => {
            let group = group.as_deref().unwrap_or("whoever observes it");
            format!("{group} hears it: {}", elsewhere(pattern, "observed", at))
        }
    });
    let lines: Vec<String> = lines.list();
    match &hearers.near {
        Some(near) => format!("nobody observes this: {near}"),
        None => join(&lines, "\n"),
    }
}

/// What is `done` with a pattern's messages in other processes, and where.
fn elsewhere(pattern: &str, done: &str, urls: &[Url]) -> String {
    let urls: Vec<String> = urls.iter().map(ToString::to_string).list();
    format!("`{pattern}` is {done} at {}", join(&urls, ", "))
}

fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::usage(format!("stdin cannot be read: {cause}")))?;
    Ok(bytes)
}

/// An error for people, whose eyes want one thing a line; programs get the object.
fn error_text(error: &CallError<ErrorReply>) -> String {
    let again = if error.is_retryable() { "retryable" } else { "not retryable" };
    let text = error.bus().map_or_else(|| error.to_reply().message, |error| error.text().to_owned());
    let text =
        text.replace("; near miss", "\nnear miss").replace("; to reach", "\nto reach").replace('\n', "\n  ");
    format!("error {} ({}, {again})\n  {text}", error.code(), error.outcome().as_str())
}

/// An error as a line of JSON.
pub(super) fn error_object(error: &CallError<ErrorReply>, line: Option<u64>) -> serde_json::Value {
    let reply = error.to_reply();
    let mut object = json!({
        "code": reply.code(),
        "message": error.bus().map_or(&*reply.message, Error::text),
        "outcome": error.outcome().as_str(),
        "retryable": reply.retryable,
    });
    if let Some(line) = line {
        object["line"] = line.into();
    }
    if !reply.details.is_null() {
        object["details"] = reply.details;
    }
    if let CallError::Bus(error) = error {
        for (key, value) in [("path", error.path()), ("pattern", error.pattern()), ("id", error.message_id())]
        {
            if let Some(value) = value {
                object[key] = value.into();
            }
        }
    }
    json!({ "error": object })
}
