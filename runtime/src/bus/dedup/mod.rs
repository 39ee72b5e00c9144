//! Repeats of a message, known by its idempotency key and answered from memory (rules R7 and R8).
//!
//! For handlers with `effect(dedup)`, and for what a Seneca sends, which repeats a message under its id. There an id answers
//! only the same message: with other data, or for another tenant, it is a message of its own. It stands inside of the
//! concurrency limit and outside of the handler's layers and the panic guard (rule R20).
//!
//! What is remembered covers one process only, and says so at the start.

mod alone;
mod memory;
mod print;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use self::alone::{Alone, Carried};
use self::memory::{Begun, Key};
pub(crate) use self::memory::{Memory, Stored, WhenFull};
use super::core::Core;
use crate::handler::{Context, InputKind, Output, Slot};
use crate::list::{List, join};
use crate::message::json::Scan;
use crate::message::{CallError, Error, ErrorKind, Outcome};
use crate::seam::clock;

/// What a mounted handler with `effect(dedup)` has of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dedup {
    /// Whose keys these are: one number for all patterns of a function.
    pub(crate) scope: u32,
    pub(crate) window: Duration,
}

/// A message that is to be answered from memory if it is a repeat.
struct Once<'a> {
    memory: &'a Arc<Memory>,
    key: Key,
    /// What the message says, where another message under its key is refused.
    print: Option<u64>,
    window: Duration,
}

impl Core {
    /// What the dedup of this bus does not cover, in words; `None` where no handler has it (rule R7).
    pub(crate) fn dedup_note(&self) -> Option<String> {
        let mut names: Vec<&str> = self
            .handlers
            .iter()
            .filter(|handler| handler.dedup.is_some())
            .map(|handler| handler.about.name())
            .list();
        names.dedup();
        (!names.is_empty()).then(|| note(&names))
    }

    /// A window that ends while a message may still be repeated is no promise (rule R7).
    pub(crate) fn warn_of_short_windows(&self) {
        let least = self.settings.budget * 2;
        for handler in &self.handlers {
            if let Some(Dedup { window, .. }) = handler.dedup
                && window < least
            {
                tracing::warn!(
                    handler = handler.about.name(),
                    "keys are remembered for {window:?}, which is less than twice the time that a message may take: make \
                     the window {least:?} or longer"
                );
            }
        }
    }

    /// What there is to remember of a message; `None` for most.
    ///
    /// A message that has neither a key nor an id from outside cannot come a second time, so it is not kept.
    fn once<'a>(&'a self, context: &'a Context<'a>, scan: &Scan<'_>) -> Option<Once<'a>> {
        let (handler, envelope) = (context.handler(), context.envelope());
        let (key, handed) = (envelope.repeat_key(), envelope.handed_key());
        let print = || print::of(scan, &context.meta().contexts());
        let Some(dedup) = handler.dedup else {
            let window = envelope.remember()?;
            // Nobody asked for a conflict, and the answer to other data, or to another tenant, is none of this message's.
            let key = Key { scope: handler.flow, text: key?, said: Some(print()) };
            return Some(Once { memory: &self.history, key, print: None, window });
        };
        let (text, print) = (key.clone().or(handed)?, print());
        // A handler may give its prior several messages: each is a repeat of its own kind.
        let key = Key { scope: dedup.scope, text, said: key.is_none().then_some(print) };
        Some(Once { memory: &self.dedup, key, print: Some(print), window: dedup.window })
    }

    /// Runs the handler behind its layers, unless the message is a repeat: then it is answered as the first one was.
    pub(super) async fn run_once(
        &self,
        context: &Context<'_>,
        input: InputKind<'_, '_>,
        output: &mut Slot,
        mut place: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Error> {
        let scan = match &input {
            InputKind::Json(scan) => *scan,
            InputKind::Owned(_) | InputKind::Borrowed(_) => {
                return self.run_handler(context, input, output).await;
            }
        };
        let Some(once) = self.once(context, scan) else {
            return self.run_handler(context, input, output).await;
        };
        let deadline = context.envelope().deadline(self.settings.budget);
        loop {
            let stored = match once.memory.begin(&once.key, once.print, once.window)? {
                Begun::First(ticket) => {
                    let carried = Carried::of(context, scan, place.take());
                    let stored = Alone::new(context.core(), carried, ticket).await;
                    return put(Output(output), &stored);
                }
                Begun::Done(stored) => stored,
                Begun::Running(mut running) => tokio::select! {
                    biased;
                    ended = running.wait_for(Option::is_some) => match ended.as_deref() {
                        Ok(Some(stored)) => Arc::clone(stored),
                        // It was not done after all: now this one may be the first.
                        Ok(None) | Err(_) => continue,
                    },
                    () = clock::sleep_until(deadline) => return Err(in_progress(&once.key)),
                },
            };
            self.flows.replayed(context.handler().flow);
            if let Some(receipt) = context.envelope().receipt() {
                receipt.replayed();
            }
            return put(Output(output), &stored);
        }
    }
}

/// That what these handlers remember covers one process only.
pub(crate) fn note(handlers: &[&str]) -> String {
    format!(
        "in-memory dedup covers one process only: `{}` would run a repeat again in another process, and in this one after \
         a restart",
        join(handlers, "`, `")
    )
}

/// Answers with what is stored.
fn put(output: Output<'_>, stored: &Stored) -> Result<(), Error> {
    match stored {
        Err(CallError::Bus(error)) => Err(error.clone()),
        reply => {
            output.put_stored(reply);
            Ok(())
        }
    }
}

#[cold]
fn in_progress(key: &Key) -> Error {
    let text = format!(
        "an earlier message with the idempotency key `{}` is still being handled, and there was no time to wait for its \
         end; ask again with the same key",
        key.text
    );
    Error::new(ErrorKind::InProgress, Outcome::NotDone, text)
}
