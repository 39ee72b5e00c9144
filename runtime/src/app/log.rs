//! Warnings and errors on stderr, for programs that set no subscriber: a message that failed in an observer is told nowhere
//! else.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// How much is told: `off`, `error`, `warn` (unless said otherwise), `info`, and as tracing has it `debug` and `trace`.
const LOG: &str = "MATCHBUS_LOG";

/// Tells what matchbus has to say on stderr, unless the program has set a subscriber, which then does as it likes.
pub(super) fn to_stderr() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let most = match std::env::var(LOG) {
        Err(_) => LevelFilter::WARN,
        Ok(text) => text.trim().parse().unwrap_or_else(|_| {
            say(&format!(
                "warning: {LOG} is `{}`, not off, error, warn or info; warn is taken",
                text.escape_debug()
            ));
            LevelFilter::WARN
        }),
    };
    if most > LevelFilter::OFF {
        // Somebody else may be quicker, and is as good.
        let _ = tracing::subscriber::set_global_default(Plain { most });
    }
}

/// One line for each event of matchbus, and nothing of others.
struct Plain {
    most: LevelFilter,
}

impl Subscriber for Plain {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("matchbus") && *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most)
    }

    fn event(&self, event: &Event<'_>) {
        say(&line(*event.metadata().level(), event));
    }

    // Spans are never enabled.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Tells the user. That nobody reads stderr is no failure of the program, and no reason to end it: `eprintln!` would panic.
pub(super) fn say(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// `warning: message failed: … (pattern a:1, handler hear)`, whatever the texts hold.
fn line(level: Level, event: &Event<'_>) -> String {
    let mut told = Told::default();
    event.record(&mut told);
    let word = match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        _ => "debug",
    };
    let mut line = format!("{word}: {}", told.message);
    if !told.fields.is_empty() {
        let _ = write!(line, " ({})", told.fields);
    }
    line.replace('\n', "; ").replace(char::is_control, " ")
}

#[derive(Default)]
struct Told {
    message: String,
    fields: String,
}

impl Told {
    fn take(&mut self, field: &Field, value: &dyn fmt::Display) {
        if field.name() == "message" {
            self.message = value.to_string();
            return;
        }
        let comma = if self.fields.is_empty() { "" } else { ", " };
        let _ = write!(self.fields, "{comma}{} {value}", field.name());
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, &value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// As `Plain`, with lines that a test can read.
    struct Kept(Plain, Arc<Mutex<Vec<String>>>);

    impl Subscriber for Kept {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            self.0.enabled(metadata)
        }

        fn event(&self, event: &Event<'_>) {
            self.1.lock().unwrap().push(line(*event.metadata().level(), event));
        }

        fn new_span(&self, span: &Attributes<'_>) -> Id {
            self.0.new_span(span)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn each_event_of_matchbus_is_one_plain_line() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Kept(Plain { most: LevelFilter::WARN }, Arc::clone(&lines));
        tracing::subscriber::with_default(kept, || {
            let cause = "two\nlines \x1b[31m";
            tracing::warn!(pattern = %"a:1", handler = "hear", "message failed: {cause}");
            tracing::error!("all is lost");
            tracing::info!("nobody asked");
            tracing::error!(target: "hyper", "not ours");
            let _span = tracing::error_span!("a span is no event").entered();
        });
        assert_eq!(
            *lines.lock().unwrap(),
            ["warning: message failed: two; lines  [31m (pattern a:1, handler hear)", "error: all is lost"]
        );
    }
}
