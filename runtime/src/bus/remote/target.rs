use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::kept::Kept;
use super::known::Draft;
use super::latency::Latency;
use super::peer::Peer;
use super::retry_budget::RetryBudget;
use super::rivals::{LAST, Order, order};
use crate::pattern::Pattern;
use crate::sort;

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
    pub(super) replaced: Option<Arc<Target>>,
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
    /// Those of whom a draft tells, with a pattern that they answer. `replaced` are those with the equal one, if these
    /// override it.
    pub(super) fn new(
        kept: &Kept,
        pattern: &Pattern,
        text: String,
        draft: Draft,
        replaced: Option<Arc<Target>>,
    ) -> Self {
        let all = |of: &[&str]| draft.effects.iter().all(|effect| of.contains(&effect.as_str()));
        let repeatable = all(&["read", "idempotent", "dedup"]);
        Target {
            usual: !repeatable && draft.peers.iter().all(|peer| peer.link.quick().is_some()),
            repeatable,
            reads: all(&["read"]),
            remembers: draft.effects.iter().any(|effect| effect == "dedup"),
            order: order(pattern, draft.rank),
            overrides: draft.overrides,
            replaced,
            ..Target::of_pin(kept, text, draft.peers)
        }
    }

    /// Those to whom messages with the keys of a pin go, whatever they say that they answer.
    pub(super) fn of_pin(kept: &Kept, pin: String, peers: Vec<Arc<Peer>>) -> Self {
        let (budget, latency) = kept.of(&pin);
        Target {
            budget,
            latency,
            turn: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            repeatable: false,
            usual: false,
            reads: false,
            remembers: false,
            order: LAST,
            overrides: false,
            replaced: None,
            pattern: pin,
            peers,
        }
    }

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
        let turns: Vec<usize> = (0..count).map(|n| (turn + n) % count).collect();
        let burden = |peer: &Arc<Peer>| {
            let failed = failed.is_some_and(|failed| Arc::ptr_eq(failed, peer));
            (failed, !peer.breaker.would_let_through(), peer.in_flight())
        };
        let burdens: Vec<_> = turns.iter().map(|at| burden(&self.peers[*at])).collect();
        let order = sort::order(count, &|a, b| burdens[a].cmp(&burdens[b]));
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
