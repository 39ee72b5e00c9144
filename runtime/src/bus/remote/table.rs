use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::attempts::Find;
use super::latency::Latency;
use super::peer::Peer;
use super::retry_budget::RetryBudget;
use super::rivals::{LAST, Order, order};
use super::types::{Types, Way};
use crate::bus::Below;
use crate::bus::route::{Fields as TypedFields, Tests};
use crate::by_name::ByName;
use crate::flow::Outgoing;
use crate::list::List;
use crate::message::MessageInfo;
use crate::pattern::{Compare, Pattern};
use crate::registry::{Catalogue, Handler};
use crate::router::{Fields, Matcher, precedence};
use crate::seam::clock::{self, Instant};
use crate::sort::sort_by;
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
    budgets: Mutex<ByName<Arc<RetryBudget>>>,
    latencies: Mutex<ByName<Arc<Latency>>>,
    /// Told whenever the table is new.
    learnt: Notify,
    /// Told when what is known of the peers does not do.
    wanted: Arc<Notify>,
}

/// What was said and learnt, in the order in which it was.
#[derive(Debug, Default)]
struct Known {
    peers: Vec<Arc<Peer>>,
    /// What peers answer that have no catalogue, as their addresses say.
    pins: Vec<(Pattern, Arc<Peer>)>,
    /// The route table: from flags, a file or code.
    routes: Vec<Routed>,
    catalogues: Vec<(Arc<Peer>, Catalogue)>,
}

/// A [`Route`](crate::bus::Route) whose addresses are peers.
#[derive(Clone, Debug)]
pub(super) struct Routed {
    pub(super) pin: Pattern,
    pub(super) observe: bool,
    pub(super) skip_local: bool,
    pub(super) peers: Vec<Arc<Peer>>,
}

#[derive(Debug, Default)]
struct Table {
    /// Consume routes: what they match goes nowhere else.
    routes: Matcher<Destination>,
    /// Observe routes, with a target for each peer.
    copies: Matcher<Vec<Arc<Target>>>,
    services: Matcher<Arc<Target>>,
    /// For each group of observers its patterns.
    groups: Vec<(String, Matcher<Arc<Target>>)>,
}

/// Where a consume route leads.
#[derive(Debug)]
struct Destination {
    skip_local: bool,
    /// What is known of its peers, from their catalogues.
    known: Matcher<Arc<Target>>,
    /// All of its peers, for messages that no catalogue of theirs names.
    rest: Arc<Target>,
}

/// Who is to have a copy of a published message.
#[derive(Debug)]
pub(crate) struct Observer {
    /// The group; `None` for all that the process has.
    pub(crate) group: Option<String>,
    pub(crate) target: Arc<Target>,
}

/// Those who answer one pattern.
#[allow(clippy::struct_excessive_bools)] // Each holds or not, whatever the others do.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) pattern: String,
    /// How far it goes before patterns here: the number of keys, the rank, the number of exact values (rule M3).
    pub(super) order: Order,
    /// It replaces the handlers with the equal pattern in all processes (rule M6).
    pub(super) overrides: bool,
    /// Those who answer the equal pattern without overriding it, if this one does.
    replaced: Option<Arc<Target>>,
    pub(crate) peers: Vec<Arc<Peer>>,
    /// Whether running its handler twice does no harm: it says so at every peer.
    pub(crate) repeatable: bool,
    /// Whether its calls are made once and only wait: none is repeated, so that none is given up early, and every peer has
    /// a [short way](crate::transport::quick::Quick) for that.
    pub(super) usual: bool,
    /// Whether it changes nothing: it says so at every peer.
    pub(super) reads: bool,
    /// Whether some peer answers repeats from its memory.
    pub(super) remembers: bool,
    pub(super) budget: Arc<RetryBudget>,
    /// How long its answers take: handlers of one process differ.
    pub(super) latency: Arc<Latency>,
    /// Whose turn it is; of each pattern by itself, or a caller that sends two patterns alternately would always meet the
    /// same process with each.
    turn: AtomicUsize,
    /// How long its messages are: room for the next one, which then need not grow as it is written.
    length: AtomicUsize,
}

impl Target {
    /// The peer whose turn it is: of those whose breaker lets a message through the one with the fewest in flight, and
    /// of equals each in turn; one that has just failed only if there is no other. So a process that came back has its
    /// probe also while the others do well.
    pub(crate) fn choose(&self, failed: Option<&Arc<Peer>>) -> Option<&Arc<Peer>> {
        self.choose_at(failed).map(|(_, peer)| peer)
    }

    /// The same, and which of the peers it is.
    pub(super) fn choose_at(&self, failed: Option<&Arc<Peer>>) -> Option<(usize, &Arc<Peer>)> {
        if let [only] = &self.peers[..] {
            return only.breaker.lets_through().then_some((0, only));
        }
        let count = self.peers.len();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let turns: Vec<usize> = (0..count).map(|n| (turn + n) % count).list();
        let burden = |peer: &Arc<Peer>| {
            let failed = failed.is_some_and(|failed| Arc::ptr_eq(failed, peer));
            (failed, !peer.breaker.would_let_through(), peer.in_flight())
        };
        let burdens: Vec<_> = turns.iter().map(|at| burden(&self.peers[*at])).list();
        let order = crate::sort::order(count, &|a, b| burdens[a].cmp(&burdens[b]));
        let mut peers = order.into_iter().map(|n| (turns[n], &self.peers[turns[n]]));
        peers.find(|(_, peer)| peer.breaker.lets_through())
    }

    /// How many bytes to make room for.
    pub(crate) fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    /// A message had so many bytes.
    pub(crate) fn note_length(&self, bytes: usize) {
        let before = self.length();
        if bytes > before || bytes < before / 2 {
            self.length.store(bytes + bytes / 8, Ordering::Relaxed);
        }
    }
}

impl Remote {
    /// Whether there is anybody else at all.
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// The process at this address, which is known from here on. What it answers is [learnt](Remote::learn), or
    /// [said](Remote::say), or messages are [routed](Remote::route) to it.
    pub(super) fn peer<E>(
        &self,
        url: &Url,
        connect: impl FnOnce() -> Result<Arc<dyn Link>, E>,
    ) -> Result<Arc<Peer>, E> {
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
    pub(super) fn list(&self, peer: &Peer) {
        if !peer.list() {
            self.rebuild(&self.known());
        }
    }

    /// The peer answers messages with the keys of this pin.
    pub(super) fn say(&self, pin: Pattern, peer: Arc<Peer>) {
        let mut known = self.known();
        known.pins.push((pin, peer));
        self.rebuild(&known);
    }

    /// Adds a route to the table.
    pub(super) fn route(&self, route: Routed) {
        let mut known = self.known();
        known.routes.push(route);
        self.rebuild(&known);
    }

    /// Whether a route takes this message past the handlers here.
    pub(crate) fn skips_local(&self, message: &dyn Fields) -> bool {
        self.table().routes.find_any(message).is_some_and(|found| found.value().skip_local)
    }

    /// Takes what the peer says that it answers, `None` when it is gone; whether that is new.
    pub(crate) fn learn(&self, peer: &Arc<Peer>, catalogue: Option<Catalogue>) -> bool {
        let mut known = self.known();
        let place = known.catalogues.iter().position(|(of, _)| Arc::ptr_eq(of, peer));
        match (place, catalogue) {
            (Some(place), Some(new)) if known.catalogues[place].1 == new => return false,
            (Some(place), Some(new)) => known.catalogues[place].1 = new,
            (Some(place), None) => drop(known.catalogues.remove(place)),
            (None, Some(new)) => known.catalogues.push((Arc::clone(peer), new)),
            (None, None) => return false,
        }
        self.rebuild(&known);
        true
    }

    /// Waits until somebody is known who answers, as long as there is somebody new who has not yet said what it answers.
    pub(super) async fn wait_for(&self, find: Find<'_>, deadline: Instant) -> Option<Arc<Target>> {
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
    pub(super) fn wants_news(&self) {
        self.wanted.notify_waiters();
    }

    /// Waits until somebody [`wants_news`](Remote::wants_news) from now on. It does not keep the bus.
    pub(super) fn wanted(&self) -> OwnedNotified {
        Arc::clone(&self.wanted).notified_owned()
    }

    /// Waits until this peer has said what it answers, or that it will not say it.
    pub(super) async fn heard_of(&self, peer: &Arc<Peer>) {
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
        let silent = known
            .peers
            .iter()
            .filter(|peer| peer.is_listed() && !known.catalogues.iter().any(|(of, _)| Arc::ptr_eq(of, peer)));
        silent.cloned().list()
    }

    /// Tells those who wait for what others answer to look again.
    pub(super) fn look_again(&self) {
        self.learnt.notify_waiters();
    }

    /// Whether this peer has said what it answers.
    pub(super) fn knows(&self, peer: &Arc<Peer>) -> bool {
        self.known().catalogues.iter().any(|(of, _)| Arc::ptr_eq(of, peer))
    }

    /// Those who answer a message.
    pub(crate) fn find(&self, message: &dyn Fields) -> Option<Arc<Target>> {
        let table = self.table();
        if let Some(found) = table.routes.find_any(message) {
            let Destination { known, rest, .. } = found.value();
            return Some(Arc::clone(known.find_any(message).map_or(rest, |found| found.value())));
        }
        table.services.find_any(message).map(|found| Arc::clone(found.value()))
    }

    /// Those who answer a message that a handler hands on, and whether a route takes it past the handlers here. Of routes
    /// and catalogues what comes after the handler: the order is one for all processes.
    pub(crate) fn find_below(&self, message: &dyn Fields, below: &Below) -> Option<(Arc<Target>, bool)> {
        let table = self.table();
        for route in table.routes.find_all(&message) {
            let Destination { skip_local, known, rest } = route.value();
            let known = first_below(known, message, below);
            // Of peers that have not said what they answer the pin does.
            let rest =
                || below.is_above(Compare::Typed, &route.pattern(), 0, false).then(|| Arc::clone(rest));
            if let Some(target) = known.or_else(rest) {
                return Some((target, *skip_local));
            }
        }
        first_below(&table.services, message, below).map(|target| (target, false))
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
        self.types
            .find(self.version.load(Ordering::Acquire), message, fields, || self.table().candidates(message))
    }

    /// How many messages went to other processes.
    pub(crate) fn messages(&self) -> u64 {
        let budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.iter().map(|(_, budget)| budget.counts.sum(|tally| &tally.messages)).sum()
    }

    /// What was counted of messages to other processes, by pattern.
    pub(crate) fn outgoing(&self) -> Vec<Outgoing> {
        let budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let all = budgets.iter().map(|(pattern, budget)| budget.counts.read(pattern));
        all.filter(|outgoing| outgoing.messages > 0).list()
    }

    /// The patterns that others answer, with their ranks, and who answers each.
    pub(crate) fn answered(&self) -> Vec<(Pattern, i32, Arc<Target>)> {
        let table = self.table();
        let all = table.services.iter();
        all.map(|found| (found.pattern(), found.rank(), Arc::clone(found.value()))).list()
    }

    /// The patterns that others observe.
    pub(crate) fn observed(&self) -> Vec<Pattern> {
        let table = self.table();
        let groups = table.groups.iter().flat_map(|(_, group)| group.iter().map(|found| found.pattern()));
        groups.chain(table.copies.iter().map(|found| found.pattern())).list()
    }

    /// Who is to have a copy of a message: each peer of every observe route that matches it, and of each group that the
    /// catalogues name one of those who have it, unless one of them has had its copy by a route.
    pub(crate) fn observers(&self, message: &dyn Fields) -> Vec<Observer> {
        let table = self.table();
        let mut all: Vec<Observer> = Vec::new();
        let has = |all: &[Observer], peer: &Arc<Peer>| {
            all.iter().any(|one| one.group.is_none() && Arc::ptr_eq(&one.target.peers[0], peer))
        };
        for target in table.copies.find_all(&message).into_iter().flat_map(|found| found.value()) {
            if !has(&all, &target.peers[0]) {
                all.push(Observer { group: None, target: Arc::clone(target) });
            }
        }
        for (name, matcher) in &table.groups {
            let Some(found) = matcher.find_any(message) else { continue };
            let target = Arc::clone(found.value());
            if !target.peers.iter().any(|peer| has(&all, peer)) {
                all.push(Observer { group: Some(name.clone()), target });
            }
        }
        all
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rebuild(&self, known: &Known) {
        let mut services = Drafts::default();
        let mut groups: ByName<Drafts> = ByName::default();
        for (pin, peer) in &known.pins {
            // A pin says nothing of effects.
            put(&mut services.plain, pin.to_string(), 0, UNDECLARED, peer);
        }
        for (peer, catalogue) in known.catalogues.iter().filter(|(peer, _)| peer.is_listed()) {
            for handler in &catalogue.handlers {
                let drafts = match handler.kind.as_str() {
                    "observer" => groups.entry(handler.service.clone()),
                    _ => &mut services,
                };
                drafts.put_handler(handler, peer);
            }
        }
        let (routes, copies) = self.route_table(known);
        let groups = groups.into_iter().map(|(name, drafts)| (name, self.matcher(drafts))).list();
        let table = Table { routes, copies, services: self.matcher(services), groups };
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        self.version.fetch_add(1, Ordering::Release);
        self.learnt.notify_waiters();
    }

    fn route_table(&self, known: &Known) -> (Matcher<Destination>, Matcher<Vec<Arc<Target>>>) {
        // Routes of one pin are one route with the addresses of all.
        let mut joined: Vec<Routed> = Vec::new();
        for route in &known.routes {
            match joined.iter_mut().find(|one| one.pin == route.pin && one.observe == route.observe) {
                None => joined.push(route.clone()),
                Some(one) => {
                    one.peers.extend_from_slice(&route.peers);
                    one.skip_local |= route.skip_local;
                }
            }
        }
        let mut routes = Matcher::with_compare(Compare::Typed);
        let mut copies = Matcher::with_compare(Compare::Typed);
        for Routed { pin, observe, skip_local, peers } in joined {
            let mut unique: Vec<Arc<Peer>> = Vec::new();
            for peer in peers {
                if !unique.iter().any(|one| Arc::ptr_eq(one, &peer)) {
                    unique.push(peer);
                }
            }
            let target = |peers| {
                let pattern = pin.to_string();
                Arc::new(Target {
                    budget: kept(&self.budgets, &pattern),
                    latency: kept(&self.latencies, &pattern),
                    turn: AtomicUsize::new(0),
                    length: AtomicUsize::new(0),
                    repeatable: false,
                    usual: false,
                    reads: false,
                    remembers: false,
                    order: LAST,
                    overrides: false,
                    replaced: None,
                    pattern,
                    peers,
                })
            };
            if observe {
                copies.add(&pin, unique.into_iter().map(|peer| target(vec![peer])).list());
            } else {
                let known = self.matcher(Drafts::of_route(&unique, known));
                routes.add(&pin, Destination { skip_local, known, rest: target(unique) });
            }
        }
        (routes, copies)
    }

    fn matcher(&self, drafts: Drafts) -> Matcher<Arc<Target>> {
        let mut matcher = Matcher::with_compare(Compare::Typed);
        let plain = drafts.plain.into_iter().map(|(text, draft)| (text, false, draft));
        let overriding = drafts.overriding.into_iter().map(|(text, draft)| (text, true, draft));
        for (text, overrides, draft) in plain.chain(overriding) {
            // A peer of another version may have patterns that this one cannot read: they are not for us.
            let Ok(pattern) = text.parse::<Pattern>() else { continue };
            let all = |of: &[&str]| draft.effects.iter().all(|effect| of.contains(&effect.as_str()));
            let repeatable = all(&["read", "idempotent", "dedup"]);
            let target = Target {
                budget: kept(&self.budgets, &text),
                latency: kept(&self.latencies, &text),
                turn: AtomicUsize::new(0),
                length: AtomicUsize::new(0),
                usual: !repeatable && draft.peers.iter().all(|peer| peer.link.quick().is_some()),
                repeatable,
                reads: all(&["read"]),
                remembers: draft.effects.iter().any(|effect| effect == "dedup"),
                order: order(&pattern, draft.rank),
                overrides,
                replaced: matcher.get(&pattern).filter(|_| overrides).cloned(),
                pattern: text,
                peers: draft.peers,
            };
            matcher.add_ranked(&pattern, draft.rank, Arc::new(target));
        }
        matcher
    }
}

impl Table {
    /// Who answers messages of a type, in order of precedence; nobody where routes look at the bytes.
    fn candidates(&self, message: &MessageInfo) -> Vec<(Tests, Arc<Target>)> {
        if !self.routes.is_empty() {
            return Vec::new();
        }
        let mut fitting: Vec<_> = self
            .services
            .iter()
            .filter_map(|found| {
                let (pattern, target) = (found.pattern(), Arc::clone(found.value()));
                Some((Tests::of(&pattern, Compare::Typed, message)?, pattern, target))
            })
            .list();
        sort_by(&mut fitting, |(_, a, left), (_, b, right)| {
            precedence(Compare::Typed, (a, left.order.1), (b, right.order.1))
        });
        fitting.into_iter().map(|(tests, _, target)| (tests, target)).list()
    }
}

/// The first of those who answer a message that comes after a place in the order of all.
fn first_below(matcher: &Matcher<Arc<Target>>, message: &dyn Fields, below: &Below) -> Option<Arc<Target>> {
    for found in matcher.find_all(&message) {
        let pattern = found.pattern();
        let mut each = std::iter::successors(Some(found.value()), |target| target.replaced.as_ref());
        let after = |target: &&Arc<Target>| {
            below.is_above(Compare::Typed, &pattern, target.order.1, target.overrides)
        };
        if let Some(target) = each.find(after) {
            return Some(Arc::clone(target));
        }
    }
    None
}

/// What is kept for a pattern outlives the table: it must not be new after each thing learnt.
fn kept<T: Default>(all: &Mutex<ByName<Arc<T>>>, pattern: &str) -> Arc<T> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(pattern.to_owned()))
}

/// Of a peer that says nothing of its effects.
const UNDECLARED: &str = "undeclared";

/// What is gathered of each pattern before it is a target.
#[derive(Debug, Default)]
struct Drafts {
    plain: ByName<Draft>,
    /// Of handlers that override others with the pattern: they come after those others.
    overriding: ByName<Draft>,
}

#[derive(Debug, Default)]
struct Draft {
    rank: i32,
    peers: Vec<Arc<Peer>>,
    effects: Vec<String>,
}

impl Drafts {
    fn put_handler(&mut self, handler: &Handler, peer: &Arc<Peer>) {
        let drafts = if handler.overrides { &mut self.overriding } else { &mut self.plain };
        put(drafts, handler.pattern.clone(), handler.rank.unwrap_or(0), &handler.effect, peer);
    }

    /// What the catalogues of a route's peers say. Peers without one may answer all of it.
    fn of_route(peers: &[Arc<Peer>], known: &Known) -> Self {
        let mut drafts = Drafts::default();
        let catalogue = |peer: &Arc<Peer>| {
            known.catalogues.iter().find(|(of, _)| Arc::ptr_eq(of, peer)).map(|(_, it)| it)
        };
        for peer in peers {
            for handler in catalogue(peer).into_iter().flat_map(|catalogue| &catalogue.handlers) {
                if handler.kind != "observer" {
                    drafts.put_handler(handler, peer);
                }
            }
        }
        for silent in peers.iter().filter(|peer| catalogue(peer).is_none()) {
            for draft in drafts.plain.values_mut().iter_mut().chain(drafts.overriding.values_mut()) {
                draft.peers.push(Arc::clone(silent));
                draft.effects.push(UNDECLARED.to_owned());
            }
        }
        drafts
    }
}

fn put(drafts: &mut ByName<Draft>, pattern: String, rank: i32, effect: &str, peer: &Arc<Peer>) {
    let draft = drafts.entry(pattern);
    draft.rank = rank;
    draft.effects.push(effect.to_owned());
    if !draft.peers.iter().any(|known| Arc::ptr_eq(known, peer)) {
        draft.peers.push(Arc::clone(peer));
    }
}
