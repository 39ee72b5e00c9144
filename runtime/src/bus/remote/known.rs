use std::collections::BTreeMap;
use std::sync::Arc;

use super::peer::Peer;
use crate::pattern::Pattern;
use crate::registry::{Catalogue, Handler};

/// What was said and learnt of other processes, in the order in which it was.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) peers: Vec<Arc<Peer>>,
    /// What peers answer that have no catalogue, as their addresses say.
    pub(super) pins: Vec<(Pattern, Arc<Peer>)>,
    /// The route table: from flags, a file or code.
    pub(super) routes: Vec<Routed>,
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

/// What is gathered of each pattern before it is a [`Target`](super::target::Target): by its text, and whether its
/// handlers override others with it. Those that do come after those others.
pub(super) type Drafts = BTreeMap<(String, bool), Draft>;

#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) rank: i32,
    pub(super) overrides: bool,
    pub(super) peers: Vec<Arc<Peer>>,
    pub(super) effects: Vec<String>,
}

/// Of a peer that says nothing of its effects.
const UNDECLARED: &str = "undeclared";

impl Known {
    /// What this peer says that it answers.
    pub(super) fn catalogue(&self, peer: &Arc<Peer>) -> Option<&Catalogue> {
        self.catalogues.iter().find(|(of, _)| Arc::ptr_eq(of, peer)).map(|(_, catalogue)| catalogue)
    }

    /// Takes what the peer says that it answers, `None` when it is gone; whether that is new.
    pub(super) fn take(&mut self, peer: &Arc<Peer>, catalogue: Option<Catalogue>) -> bool {
        let place = self.catalogues.iter().position(|(of, _)| Arc::ptr_eq(of, peer));
        match (place, catalogue) {
            (Some(place), Some(new)) if self.catalogues[place].1 == new => return false,
            (Some(place), Some(new)) => self.catalogues[place].1 = new,
            (Some(place), None) => drop(self.catalogues.remove(place)),
            (None, Some(new)) => self.catalogues.push((Arc::clone(peer), new)),
            (None, None) => return false,
        }
        true
    }

    /// What services of all peers answer: by the pins of their addresses, and by their catalogues.
    pub(super) fn services(&self) -> Drafts {
        let mut drafts = Drafts::default();
        for (pin, peer) in &self.pins {
            // A pin says nothing of effects.
            put(&mut drafts, (pin.to_string(), false), 0, UNDECLARED, peer);
        }
        for (handler, peer) in self.listed().filter(|(handler, _)| !is_observer(handler)) {
            put_handler(&mut drafts, handler, peer);
        }
        drafts
    }

    /// For each group of observers what it observes.
    pub(super) fn groups(&self) -> BTreeMap<String, Drafts> {
        let mut groups: BTreeMap<String, Drafts> = BTreeMap::new();
        for (handler, peer) in self.listed().filter(|(handler, _)| is_observer(handler)) {
            put_handler(groups.entry(handler.service.clone()).or_default(), handler, peer);
        }
        groups
    }

    /// What the catalogues of a route's peers say that they answer. Peers without one may answer all of it.
    pub(super) fn of_route(&self, peers: &[Arc<Peer>]) -> Drafts {
        let mut drafts = Drafts::default();
        for peer in peers {
            for handler in self.catalogue(peer).into_iter().flat_map(|catalogue| &catalogue.handlers) {
                if !is_observer(handler) {
                    put_handler(&mut drafts, handler, peer);
                }
            }
        }
        for silent in peers.iter().filter(|peer| self.catalogue(peer).is_none()) {
            for draft in drafts.values_mut() {
                draft.peers.push(Arc::clone(silent));
                draft.effects.push(UNDECLARED.to_owned());
            }
        }
        drafts
    }

    /// The routes; those of one pin are one route with the addresses of all.
    pub(super) fn joined_routes(&self) -> Vec<Routed> {
        let mut joined: Vec<Routed> = Vec::new();
        for route in &self.routes {
            let same = joined.iter_mut().find(|one| one.pin == route.pin && one.observe == route.observe);
            let one = match same {
                Some(one) => one,
                None => joined.push_mut(Routed { peers: Vec::new(), ..route.clone() }),
            };
            one.skip_local |= route.skip_local;
            for peer in &route.peers {
                if !one.peers.iter().any(|known| Arc::ptr_eq(known, peer)) {
                    one.peers.push(Arc::clone(peer));
                }
            }
        }
        joined
    }

    /// The handlers of those who are sent all that they answer.
    fn listed(&self) -> impl Iterator<Item = (&Handler, &Arc<Peer>)> {
        let listed = self.catalogues.iter().filter(|(peer, _)| peer.is_listed());
        listed.flat_map(|(peer, catalogue)| catalogue.handlers.iter().map(move |handler| (handler, peer)))
    }
}

fn is_observer(handler: &Handler) -> bool {
    handler.kind == "observer"
}

fn put_handler(drafts: &mut Drafts, handler: &Handler, peer: &Arc<Peer>) {
    let answered = (handler.pattern.clone(), handler.overrides);
    put(drafts, answered, handler.rank.unwrap_or(0), &handler.effect, peer);
}

fn put(drafts: &mut Drafts, answered: (String, bool), rank: i32, effect: &str, peer: &Arc<Peer>) {
    let overrides = answered.1;
    let draft = drafts.entry(answered).or_default();
    draft.rank = rank;
    draft.overrides = overrides;
    draft.effects.push(effect.to_owned());
    if !draft.peers.iter().any(|known| Arc::ptr_eq(known, peer)) {
        draft.peers.push(Arc::clone(peer));
    }
}
