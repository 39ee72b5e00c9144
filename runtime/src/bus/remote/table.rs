use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::Notify;

use super::peer::Peer;
use super::retry_budget::RetryBudget;
use super::rivals::{Order, order};
use crate::pattern::{Compare, Pattern};
use crate::registry::Catalogue;
use crate::router::{Fields, Matcher};
use crate::seam::clock::{self, Instant};

/// What this process knows of the others: its peers, and who answers what.
///
/// The table is rebuilt when something is learnt and swapped whole; a message reads it under a lock that is held for
/// a look-up only.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    known: Mutex<Known>,
    table: RwLock<Arc<Table>>,
    budgets: Mutex<BTreeMap<String, Arc<RetryBudget>>>,
    turn: AtomicUsize,
    /// Told whenever the table is new.
    learnt: Notify,
}

/// What was said and learnt, in the order in which it was.
#[derive(Debug, Default)]
struct Known {
    peers: Vec<Arc<Peer>>,
    /// Pins to peers, from flags, a file or code.
    routes: Vec<(Pattern, bool, Arc<Peer>)>,
    catalogues: Vec<(Arc<Peer>, Catalogue)>,
}

/// Stands for the effect where a route says who answers.
const ROUTED: &str = "routed";

#[derive(Debug, Default)]
struct Table {
    services: Matcher<Arc<Target>>,
    /// For each group of observers its patterns.
    groups: BTreeMap<String, Matcher<Arc<Target>>>,
}

/// Those who answer one pattern.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) pattern: String,
    /// How far it goes before patterns here: the number of keys, the rank, the number of exact values (rule M3).
    pub(super) order: Order,
    pub(crate) peers: Vec<Arc<Peer>>,
    /// Whether running its handler twice does no harm: it says so at every peer.
    pub(crate) repeatable: bool,
    /// Whether a route says so, and not the peer: it is given its copy whatever its groups are called.
    pub(super) routed: bool,
    pub(super) budget: Arc<RetryBudget>,
}

impl Remote {
    /// Whether there is anybody else at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.known().peers.is_empty()
    }

    /// Another process; what it answers is learnt by [`learn`](Remote::learn) or said by [`route`](Remote::route).
    pub(crate) fn add(&self, peer: Arc<Peer>) {
        self.known().peers.push(peer);
    }

    /// Messages with the keys of this pin go to the peer; with `observe` each one a copy, beside whoever answers.
    pub(crate) fn route(&self, pin: Pattern, observe: bool, peer: Arc<Peer>) {
        let mut known = self.known();
        known.routes.push((pin, observe, peer));
        self.rebuild(&known);
    }

    /// What the peer says that it answers; `None` when it is gone.
    /// Whether that is new.
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

    /// Waits until somebody is known who answers, as long as there is somebody who has not yet said what it answers:
    /// processes start in any order.
    pub(super) async fn wait_for(
        &self,
        find: impl Fn() -> Option<Arc<Target>>,
        deadline: Instant,
    ) -> Option<Arc<Target>> {
        loop {
            let learnt = self.learnt.notified();
            if let Some(target) = find() {
                return Some(target);
            }
            if !self.is_learning() {
                return None;
            }
            tokio::select! {
                biased;
                () = learnt => {}
                () = clock::sleep_until(deadline) => return None,
            }
        }
    }

    /// Whether some peer has never said what it answers, and nobody said it for it.
    fn is_learning(&self) -> bool {
        let known = self.known();
        known.peers.iter().any(|peer| {
            !known.catalogues.iter().any(|(of, _)| Arc::ptr_eq(of, peer))
                && !known.routes.iter().any(|(_, _, of)| Arc::ptr_eq(of, peer))
        })
    }

    /// Whether this peer has said what it answers.
    pub(super) fn knows(&self, peer: &Arc<Peer>) -> bool {
        self.known().catalogues.iter().any(|(of, _)| Arc::ptr_eq(of, peer))
    }

    /// Those who answer a message.
    pub(crate) fn find<F: Fields + ?Sized>(&self, message: &F) -> Option<Arc<Target>> {
        self.table().services.find(message).map(|found| Arc::clone(found.value()))
    }

    /// The patterns that others answer, with their ranks.
    pub(super) fn answered(&self) -> Vec<(Pattern, i32)> {
        self.table().services.iter().map(|found| (found.pattern(), found.value().order.1)).collect()
    }

    /// For each group that observes a message, the group's name and those who have it.
    pub(crate) fn observers<F: Fields + ?Sized>(&self, message: &F) -> Vec<(String, Arc<Target>)> {
        let table = self.table();
        let found = table
            .groups
            .iter()
            .filter_map(|(name, matcher)| Some((name.clone(), Arc::clone(matcher.find(message)?.value()))));
        found.collect()
    }

    /// The peer whose turn it is: of those whose breaker lets a message through the one with the fewest in flight, and
    /// of equals each in turn; one that has just failed only if there is no other.
    pub(crate) fn choose(&self, target: &Target, failed: Option<&Arc<Peer>>) -> Option<Arc<Peer>> {
        let count = target.peers.len();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut order: Vec<&Arc<Peer>> = (0..count).map(|n| &target.peers[(turn + n) % count]).collect();
        order.sort_by_key(|peer| {
            let failed = failed.is_some_and(|failed| Arc::ptr_eq(failed, peer));
            (failed, !peer.breaker.is_closed(), peer.in_flight())
        });
        order.into_iter().find(|peer| peer.breaker.lets_through()).cloned()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn rebuild(&self, known: &Known) {
        /// What is gathered of one pattern before it is a target.
        #[derive(Default)]
        struct Draft {
            rank: i32,
            peers: Vec<Arc<Peer>>,
            effects: Vec<String>,
            routed: bool,
        }
        let mut services: BTreeMap<String, Draft> = BTreeMap::new();
        let mut groups: BTreeMap<String, BTreeMap<String, Draft>> = BTreeMap::new();
        let mut put = |group: Option<String>, pattern: String, rank: i32, effect: &str, peer: &Arc<Peer>| {
            let drafts = match group {
                None => &mut services,
                Some(group) => groups.entry(group).or_default(),
            };
            let draft = drafts.entry(pattern).or_default();
            draft.rank = rank;
            draft.effects.push(effect.to_owned());
            draft.routed |= effect == ROUTED;
            if !draft.peers.iter().any(|known| Arc::ptr_eq(known, peer)) {
                draft.peers.push(Arc::clone(peer));
            }
        };
        for (pin, observe, peer) in &known.routes {
            // A route says nothing of effects; a peer that only observes is a group of its own.
            let group = observe.then(|| format!("{pin} at {}", peer.url));
            put(group, pin.to_string(), 0, ROUTED, peer);
        }
        for (peer, catalogue) in &known.catalogues {
            for handler in &catalogue.handlers {
                let group = (handler.kind == "observer").then(|| handler.service.clone());
                put(group, handler.pattern.clone(), handler.rank.unwrap_or(0), &handler.effect, peer);
            }
        }
        let matcher = |drafts: BTreeMap<String, Draft>| {
            let mut matcher = Matcher::with_compare(Compare::Typed);
            for (text, draft) in drafts {
                // A peer of another version may have patterns that this one cannot read: they are not for us.
                let Ok(pattern) = text.parse::<Pattern>() else { continue };
                let all = |of: &[&str]| draft.effects.iter().all(|effect| of.contains(&effect.as_str()));
                let target = Target {
                    budget: self.budget(&text),
                    repeatable: all(&["read", "idempotent", "dedup"]),
                    pattern: text,
                    order: order(&pattern, draft.rank),
                    peers: draft.peers,
                    routed: draft.routed,
                };
                matcher.add_ranked(&pattern, draft.rank, Arc::new(target));
            }
            matcher
        };
        let services = matcher(services);
        let groups = groups.into_iter().map(|(name, drafts)| (name, matcher(drafts))).collect();
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Table { services, groups });
        self.learnt.notify_waiters();
    }

    /// The budget of a pattern outlives the table: it must not be new after each thing learnt.
    fn budget(&self, pattern: &str) -> Arc<RetryBudget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(budgets.entry(pattern.to_owned()).or_default())
    }
}
