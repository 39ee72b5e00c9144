//! Messages that are answered in other processes: who to send them to, how often, and what is known when it fails.
//!
//! The order is fixed (rule R20), outermost first: deadline, retry budget, retry, breaker, attempt time-out. What is
//! inside of these happens at the other side.
//!
//! What was said and learnt of the others is in `known`, and `table` and `target` are made of it; `kept` outlives them. A call is
//! `attempts`, of which each is an `attempt`, and `failed` decides what follows one; `usual` is the short way of most calls.

mod attempt;
mod attempts;
mod breaker;
mod counts;
mod elsewhere;
mod failed;
mod hedge;
mod kept;
mod known;
mod latency;
mod peer;
mod retry_budget;
mod rivals;
mod table;
mod target;
mod types;
mod usual;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use attempts::Find;
pub(crate) use elsewhere::pins_of;
use kept::Kept;
use known::{Known, Routed};
use peer::Peer;
pub(crate) use table::Observer;
use table::Table;
pub(crate) use target::Target;
use types::Types;
pub(crate) use types::Way;
pub(crate) use usual::{Begin, Failed, Usual};

use super::route::Fields as TypedFields;
use crate::flow::Outgoing;
use crate::list::List;
use crate::message::MessageInfo;
use crate::pattern::Pattern;
use crate::registry::Catalogue;
use crate::router::{Below, Fields};
use crate::seam::clock::{self, Instant};
use crate::transport::{Link, Url};

/// What this process knows of the others: its peers, and who answers what.
///
/// The table is rebuilt and swapped when something is learnt; a message reads it under a lock that is held for a look-up
/// only.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    /// Whether there is a peer.
    any: AtomicBool,
    known: Mutex<Known>,
    table: RwLock<Table>,
    /// Which table it is.
    version: AtomicU64,
    types: Types,
    kept: Kept,
    /// Told whenever the table is new.
    learnt: Notify,
    /// Told when what is known of the peers does not do.
    wanted: Arc<Notify>,
}

impl Remote {
    /// Whether there is anybody else at all.
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// The process at this address, which is known from here on. What it answers is [learnt](Remote::learn), or
    /// [said](Remote::say), or messages are [routed](Remote::route) to it.
    fn peer<E>(&self, url: &Url, connect: impl FnOnce() -> Result<Arc<dyn Link>, E>) -> Result<Arc<Peer>, E> {
        let mut known = self.known();
        if let Some(peer) = known.peers.iter().find(|peer| peer.url == *url) {
            return Ok(Arc::clone(peer));
        }
        let peer = Arc::new(Peer::new(url.clone(), connect()?));
        known.peers.push(Arc::clone(&peer));
        self.any.store(true, Ordering::Release);
        Ok(peer)
    }

    /// The peer is sent all that it says it answers, from here on.
    fn list(&self, peer: &Peer) {
        if !peer.list() {
            self.rebuild(&self.known());
        }
    }

    /// The peer answers messages with the keys of this pin.
    fn say(&self, pin: Pattern, peer: Arc<Peer>) {
        let mut known = self.known();
        known.pins.push((pin, peer));
        self.rebuild(&known);
    }

    /// Adds a route to the table.
    fn route(&self, route: Routed) {
        let mut known = self.known();
        known.routes.push(route);
        self.rebuild(&known);
    }

    /// Takes what the peer says that it answers, `None` when it is gone; whether that is new.
    pub(crate) fn learn(&self, peer: &Arc<Peer>, catalogue: Option<Catalogue>) -> bool {
        let mut known = self.known();
        let new = known.take(peer, catalogue);
        if new {
            self.rebuild(&known);
        }
        new
    }

    /// Waits until somebody is known who answers, as long as there is somebody new who has not yet said what it answers.
    async fn wait_for(&self, find: Find<'_>, deadline: Instant) -> Option<Arc<Target>> {
        loop {
            let learnt = self.learnt.notified();
            if let Some(target) = find() {
                return Some(target);
            }
            self.wants_news();
            let until = self.learning_until().filter(|until| *until > clock::now())?.min(deadline);
            tokio::select! {
                biased;
                () = learnt => {}
                () = clock::sleep_until(until) => return find(),
            }
        }
    }

    /// Has the peers asked soon what they answer: nobody is known for a message, or who is known failed.
    fn wants_news(&self) {
        self.wanted.notify_waiters();
    }

    /// Waits until somebody [`wants_news`](Remote::wants_news) from now on. It does not keep the bus.
    fn wanted(&self) -> OwnedNotified {
        Arc::clone(&self.wanted).notified_owned()
    }

    /// Waits until this peer has said what it answers, or that it will not say it.
    async fn heard_of(&self, peer: &Arc<Peer>) {
        loop {
            let learnt = self.learnt.notified();
            if self.knows(peer) || peer.silence_lasts() {
                return;
            }
            learnt.await;
        }
    }

    /// Until when those are waited for who have never said what they answer.
    fn learning_until(&self) -> Option<Instant> {
        self.silent().iter().filter_map(|peer| peer.awaited_until()).max()
    }

    /// Those who were asked and have never said what they answer.
    pub(crate) fn silent(&self) -> Vec<Arc<Peer>> {
        let known = self.known();
        let silent = known.peers.iter().filter(|peer| peer.is_listed() && known.catalogue(peer).is_none());
        silent.cloned().list()
    }

    /// Tells those who wait for what others answer to look again.
    fn look_again(&self) {
        self.learnt.notify_waiters();
    }

    /// Whether this peer has said what it answers.
    fn knows(&self, peer: &Arc<Peer>) -> bool {
        self.known().catalogue(peer).is_some()
    }

    /// Whether a route takes this message past the handlers here.
    pub(crate) fn skips_local(&self, message: &dyn Fields) -> bool {
        self.table().skips_local(message)
    }

    /// Those who answer a message.
    pub(crate) fn find(&self, message: &dyn Fields) -> Option<Arc<Target>> {
        self.table().find(message)
    }

    /// Those who answer a message that a handler hands on, and whether a route takes it past the handlers here.
    pub(crate) fn find_below(&self, message: &dyn Fields, below: &Below) -> Option<(Arc<Target>, bool)> {
        self.table().find_below(message, below)
    }

    /// As [`find`](Remote::find), for a message that has no other keys than its type says; `None` also where the bytes
    /// have to be looked at.
    pub(crate) fn find_typed(
        &self,
        message: &'static MessageInfo,
        fields: &TypedFields<'_>,
    ) -> Option<Arc<Way>> {
        if message.open {
            return None;
        }
        let version = self.version.load(Ordering::Acquire);
        self.types.find(version, message, fields, || self.table().candidates(message))
    }

    /// How many messages went to other processes.
    pub(crate) fn messages(&self) -> u64 {
        self.kept.messages()
    }

    /// What was counted of messages to other processes, by pattern.
    pub(crate) fn outgoing(&self) -> Vec<Outgoing> {
        self.kept.outgoing()
    }

    /// The patterns that others answer, with their ranks, and who answers each.
    pub(crate) fn answered(&self) -> Vec<(Pattern, i32, Arc<Target>)> {
        self.table().answered()
    }

    /// The patterns that others observe.
    pub(crate) fn observed(&self) -> Vec<Pattern> {
        self.table().observed()
    }

    /// Who is to have a copy of a message.
    pub(crate) fn observers(&self, message: &dyn Fields) -> Vec<Observer> {
        self.table().observers(message)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rebuild(&self, known: &Known) {
        let table = Table::new(known, &self.kept);
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        self.kept.forget_unanswered();
        self.version.fetch_add(1, Ordering::Release);
        self.learnt.notify_waiters();
    }
}
