use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Head;
use crate::bus::{Core, Origin, Outside, Target, read_below};
use crate::flow::Snapshot;
use crate::message::json::Limits;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Rare};
use crate::pattern::Pattern;
use crate::seam::clock;

/// Which messages a listener lets in (rule M8): those that a handler answers whose pattern is exposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Exposed {
    /// Every handler of the process.
    #[default]
    All,
    /// Handlers whose pattern has the keys of one of these pins.
    Pins(Vec<Pattern>),
}

/// Where a listener hands in what came. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    outside: Outside,
    /// Whether some handler remembers its answers.
    #[cfg(any(feature = "http", feature = "tcp"))]
    remembers: bool,
    /// How many messages of this door are in flight, and how many may be.
    in_flight: AtomicUsize,
    most: usize,
    /// Messages from here that no handler answers. What is counted for the whole bus tells of others.
    unrouted: AtomicU64,
    /// Written once: nothing of it changes after the start, and whoever asks often is not to keep others waiting.
    catalogue: OnceLock<String>,
}

impl Door {
    pub(crate) fn new(core: Arc<Core>, outside: Outside, most_in_flight: usize) -> Self {
        Door(Arc::new(Inner {
            #[cfg(any(feature = "http", feature = "tcp"))]
            remembers: core.handlers.iter().any(|handler| handler.dedup.is_some()),
            core,
            outside,
            in_flight: AtomicUsize::new(0),
            most: most_in_flight,
            unrouted: AtomicU64::new(0),
            catalogue: OnceLock::new(),
        }))
    }

    /// Answers a message that came from outside.
    ///
    /// # Errors
    ///
    /// The service's own error, or a failure of the bus. A message that no exposed handler answers is answered as if
    /// there were none: whatever else it says, it cannot talk its way to others. Where handlers are hidden, an error of
    /// the bus does not say what a handler called and why it panicked; the log does, under the error's id.
    pub async fn call(&self, message: &[u8], head: Head) -> Result<Vec<u8>, CallError<ErrorReply>> {
        let place = self.enter()?;
        let origin = origin(head)?;
        let outside = &self.0.outside;
        let target = match origin.is_below() {
            true => Target::Below(outside),
            false if outside.is_inside() => Target::Local,
            false => Target::Outside(outside),
        };
        let core = &self.0.core;
        let reply = tokio::select! {
            biased;
            reply = core.act(message, &origin, target) => reply,
            () = core.lifecycle.is_cut_off() => Err(CallError::Bus(cut_off())),
        };
        drop(place);
        match reply {
            Err(CallError::Bus(error)) => Err(CallError::Bus(self.told(error))),
            reply => reply,
        }
    }

    /// Takes in a message for which nobody waits.
    ///
    /// # Errors
    ///
    /// Nobody here wants it, a queue stays full, or the process is shutting down.
    pub async fn send(&self, message: &[u8], head: Head) -> Result<(), Error> {
        let (published, groups) = (head.published, head.groups.clone());
        let origin = origin(head)?;
        let taken = if published {
            self.0.core.publish_from_outside(&origin, message, &self.0.outside, &groups).await
        } else {
            self.0.core.send_from_outside(&origin, message, &self.0.outside).await
        };
        taken.map_err(|error| self.told(error))
    }

    /// Who answers what here, as JSON, as far as it is exposed. Where handlers are hidden, it says neither what the
    /// exposed ones send to them nor where anything stands in the source.
    pub fn catalogue(&self) -> String {
        self.0.catalogue.get_or_init(|| self.write_catalogue()).clone()
    }

    fn write_catalogue(&self) -> String {
        let infos = self.0.core.handlers.iter().filter(|handler| self.exposes(handler.flow));
        let infos = infos.filter_map(|handler| Some((handler.about.info()?, &handler.pattern)));
        let catalogue = crate::registry::Catalogue::of_mounted(infos);
        if self.hides() { catalogue.for_outside().to_json() } else { catalogue.to_json() }
    }

    /// Whether the process should be sent messages.
    pub fn is_ready(&self) -> bool {
        self.0.core.lifecycle.is_ready()
    }

    /// The counts of the flows that are exposed. Where handlers are hidden, `unrouted` counts what came in here, and
    /// there is no `outgoing`.
    pub fn flows(&self) -> Snapshot {
        let mut flows = self.0.core.snapshot_of(|handler| self.exposes(handler));
        if self.hides() {
            flows.unrouted = self.0.unrouted.load(Ordering::Relaxed);
            flows.outgoing.clear();
        }
        flows
    }

    /// Whether some answer may be a stored one.
    #[cfg(any(feature = "http", feature = "tcp"))]
    pub(crate) fn remembers(&self) -> bool {
        self.0.remembers
    }

    /// What bytes may be a message.
    pub fn limits(&self) -> &Limits {
        &self.0.core.settings.limits
    }

    /// How long a message may take that does not say so itself.
    pub fn budget(&self) -> Duration {
        self.0.core.settings.budget
    }

    /// Waits until the process shuts down: the listener then takes no new connections, lets what runs end, and ends.
    pub async fn closed(&self) {
        self.0.core.lifecycle.draining().await;
    }

    fn enter(&self) -> Result<Place<'_>, Error> {
        let Inner { in_flight, most, .. } = &*self.0;
        let one_more = |all: usize| (all < *most).then_some(all + 1);
        match in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Place(in_flight)),
            Err(_) => Err(self.full()),
        }
    }

    fn exposes(&self, handler: u32) -> bool {
        self.0.outside.reaches(handler)
    }

    fn hides(&self) -> bool {
        self.0.outside.hides()
    }

    /// An error as the caller may know it.
    #[cold]
    fn told(&self, error: Error) -> Error {
        if !self.hides() {
            return error;
        }
        if matches!(error.kind(), ErrorKind::NoHandler | ErrorKind::Malformed) {
            self.0.unrouted.fetch_add(1, Ordering::Relaxed);
        }
        match error.for_outside() {
            Some(short) => {
                tracing::warn!(%error, "a message from outside failed; its caller was not told why");
                short
            }
            None => error,
        }
    }

    #[cold]
    fn full(&self) -> Error {
        let text = format!("the listener is full: {} messages are in flight; try again later", self.0.most);
        Error::new(ErrorKind::Overloaded, Outcome::NotDone, text)
    }
}

/// The place of one message in flight.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

#[cold]
fn cut_off() -> Error {
    let text = "the process shuts down, and the handler did not end in time: it was cancelled, and what it did before that is \
                not known";
    Error::new(ErrorKind::Draining, Outcome::Unknown, text)
}

fn origin(head: Head) -> Result<Origin, Error> {
    if head.is_empty() {
        // As most are that no bus sends: nothing to keep.
        return Ok(Origin::default());
    }
    let below = head.below.as_deref().map(read_below).transpose()?.map(Arc::new);
    // What is handed on has the key of its message here as in the process where that came.
    let (key, handed_key) = if below.is_some() { (None, head.key) } else { (head.key, None) };
    Ok(Origin::outside(Rare {
        budget: head.budget.map(clock::bounded),
        context: head.context,
        key,
        handed_key,
        below,
        attempt: head.attempt,
        source: head.source,
        trace: head.trace,
        id: head.id,
        remember: head.remember.map(clock::bounded),
        hops: head.hops,
        chain: head.chain,
        receipt: head.receipt,
        ..Rare::default()
    }))
}
