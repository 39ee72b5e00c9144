//! What is remembered: for each key that its message runs, or how it ended.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome};
use crate::seam::clock::{self, Instant};

/// How a message ended, as its repeats are answered.
pub(crate) type Stored = Result<Vec<u8>, CallError<ErrorReply>>;

/// What an entry takes beside its key and its reply, about: its places in the map and in the list of those that expire.
const ENTRY: usize = 192;

/// How many entries one message clears away at most that are too old: more than it adds, and not all at once after a quiet
/// hour.
const CLEARED: usize = 64;

/// The keys of one bus. Bounded in entries and bytes (rule R17).
#[derive(Debug)]
pub(crate) struct Memory {
    kept: Mutex<Kept>,
    most_entries: usize,
    most_bytes: usize,
    when_full: WhenFull,
}

/// What happens to a new key when there is no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It is refused, and its message does not run: to forget another one would break the promise made for that.
    Refuse,
    /// The oldest one that has ended is forgotten, as where nothing was promised.
    Forget,
}

/// A key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) scope: u32,
    pub(super) text: Arc<str>,
    /// What the message says, where the text stands for nothing that says something else.
    pub(super) said: Option<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    records: HashMap<Key, Record>,
    /// For each window the keys that have ended, in the order in which they expire.
    ended: Vec<(Duration, VecDeque<(Instant, Key)>)>,
    bytes: usize,
    forgotten: u64,
}

#[derive(Debug)]
enum Record {
    Running { print: Option<u64>, ended: watch::Receiver<Option<Arc<Stored>>> },
    Done { print: Option<u64>, stored: Arc<Stored>, until: Instant },
}

/// What is known of a key when its message comes.
pub(super) enum Begun {
    /// Nothing: the message is to run, and the ticket to be told how it ended.
    First(Ticket),
    /// It runs. The channel closes without a value if it was not done.
    Running(watch::Receiver<Option<Arc<Stored>>>),
    /// It ended like this.
    Done(Arc<Stored>),
}

/// The running message of a key. If it is dropped, nobody knows how it ended, and the next one with the key runs.
pub(super) struct Ticket {
    memory: Arc<Memory>,
    key: Key,
    print: Option<u64>,
    window: Duration,
    tell: watch::Sender<Option<Arc<Stored>>>,
}

impl Memory {
    pub(crate) fn new(most_entries: usize, most_bytes: usize, when_full: WhenFull) -> Self {
        Memory { kept: Mutex::default(), most_entries, most_bytes, when_full }
    }

    /// Looks a key up, and takes it if nobody has it.
    ///
    /// # Errors
    ///
    /// Another message has the key (rule R8), or there is no room.
    pub(super) fn begin(
        self: &Arc<Self>,
        key: &Key,
        print: Option<u64>,
        window: Duration,
    ) -> Result<Begun, Error> {
        let now = clock::now();
        let mut kept = self.kept();
        kept.clear(now);
        match kept.records.get(key) {
            Some(Record::Done { until, .. }) if *until <= now => kept.remove(key),
            Some(Record::Done { print: first, .. } | Record::Running { print: first, .. })
                if *first != print =>
            {
                return Err(conflict(key));
            }
            Some(Record::Done { stored, .. }) => return Ok(Begun::Done(Arc::clone(stored))),
            Some(Record::Running { ended, .. }) => return Ok(Begun::Running(ended.clone())),
            None => {}
        }
        while kept.records.len() >= self.most_entries || kept.bytes >= self.most_bytes {
            if self.when_full == WhenFull::Refuse || !kept.forget_oldest() {
                return Err(self.full());
            }
        }
        let (tell, ended) = watch::channel(None);
        kept.bytes += ENTRY + key.text.len();
        kept.records.insert(key.clone(), Record::Running { print, ended });
        Ok(Begun::First(Ticket { memory: Arc::clone(self), key: key.clone(), print, window, tell }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn full(&self) -> Error {
        let text = format!(
            "no further idempotency keys can be remembered: {} keys or {} bytes are the most; try again later, make the \
             window of `effect(dedup(…))` shorter, or raise `Builder::dedup_memory`",
            self.most_entries, self.most_bytes
        );
        Error::new(ErrorKind::Overloaded, Outcome::NotDone, text)
    }
}

impl Ticket {
    /// How the message ended. What is certain to have been done is remembered; but not an error of which the handler says
    /// that the same message may succeed later.
    pub(super) fn end(self, stored: &Arc<Stored>) {
        let (told, kept) = match &**stored {
            Ok(_) => (true, true),
            Err(CallError::App(error)) => (true, !error.retryable),
            Err(CallError::Bus(error)) => {
                let done = error.outcome() == Outcome::Done;
                (done, done)
            }
        };
        if kept {
            let until = clock::now() + self.window;
            let done = Record::Done { print: self.print, stored: Arc::clone(stored), until };
            self.memory.kept().end(&self.key, done, size(stored), self.window, until);
        } else {
            self.memory.kept().remove(&self.key);
        }
        if told {
            self.tell.send_replace(Some(Arc::clone(stored)));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut kept = self.memory.kept();
        // Unless it was said how it ended: another one may run under the key already.
        if let Some(Record::Running { ended, .. }) = kept.records.get(&self.key)
            && ended.same_channel(&self.tell.subscribe())
        {
            kept.remove(&self.key);
        }
    }
}

impl Kept {
    fn end(&mut self, key: &Key, done: Record, size: usize, window: Duration, until: Instant) {
        self.bytes += size;
        self.records.insert(key.clone(), done);
        let place = self.ended.iter().position(|(of, _)| *of == window).unwrap_or_else(|| {
            self.ended.push((window, VecDeque::new()));
            self.ended.len() - 1
        });
        self.ended[place].1.push_back((until, key.clone()));
    }

    fn remove(&mut self, key: &Key) {
        if let Entry::Occupied(place) = self.records.entry(key.clone()) {
            let reply = match place.remove() {
                Record::Running { .. } => 0,
                Record::Done { stored, .. } => size(&stored),
            };
            self.bytes = self.bytes.saturating_sub(ENTRY + key.text.len() + reply);
        }
    }

    /// Clears some of what is too old away.
    fn clear(&mut self, now: Instant) {
        for place in 0..self.ended.len() {
            for _ in 0..CLEARED {
                match self.ended[place].1.front() {
                    Some((until, _)) if *until <= now => self.pop(place),
                    _ => break,
                }
            }
        }
    }

    /// Forgets the first of those that have ended; `false` if there is none.
    fn forget_oldest(&mut self) -> bool {
        let oldest = self
            .ended
            .iter()
            .enumerate()
            .filter_map(|(place, (_, keys))| Some((keys.front()?.0, place)))
            .min();
        let Some((_, place)) = oldest else { return false };
        self.pop(place);
        self.forgotten += 1;
        if self.forgotten.is_power_of_two() {
            tracing::warn!(
                forgotten = self.forgotten,
                "answers to messages of a Seneca were forgotten before their time, since there are too many; a repeat \
                 of one runs its handler again"
            );
        }
        true
    }

    fn pop(&mut self, place: usize) {
        let Some((at, key)) = self.ended[place].1.pop_front() else { return };
        // The key may have ended anew since.
        if let Some(Record::Done { until, .. }) = self.records.get(&key)
            && *until == at
        {
            self.remove(&key);
        }
    }
}

fn size(stored: &Stored) -> usize {
    match stored {
        Ok(reply) => reply.len(),
        Err(CallError::App(error)) => {
            error.code.len() + error.message.len() + error.details.to_string().len()
        }
        Err(CallError::Bus(error)) => error.text().len(),
    }
}

#[cold]
fn conflict(key: &Key) -> Error {
    let text = format!(
        "another message came with the idempotency key `{}`: the body or the user context differs; give each message a \
         key of its own, and use a key again only to repeat its message",
        key.text
    );
    Error::new(ErrorKind::Conflict, Outcome::NotDone, text)
}
