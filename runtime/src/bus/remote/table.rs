use std::collections::BTreeMap;
use std::sync::Arc;

use super::kept::Kept;
use super::known::{Drafts, Known, Routed};
use super::target::Target;
use crate::bus::route::Tests;
use crate::message::MessageInfo;
use crate::pattern::{Compare, Pattern};
use crate::router::{Below, Fields, Matcher, precedence};
use crate::sort::{gather, sort_by};

/// Who answers what in other processes, by what is known of them. It does not change: what is learnt makes a new one.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Consume routes: what they match goes nowhere else.
    routes: Matcher<Destination>,
    /// Observe routes, with a target for each peer.
    copies: Matcher<Vec<Arc<Target>>>,
    services: Matcher<Arc<Target>>,
    /// For each group of observers its patterns.
    groups: BTreeMap<String, Matcher<Arc<Target>>>,
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

impl Table {
    pub(super) fn new(known: &Known, kept: &Kept) -> Self {
        let mut routes = Matcher::with_compare(Compare::Typed);
        let mut copies = Matcher::with_compare(Compare::Typed);
        for Routed { pin, observe, skip_local, peers } in known.joined_routes() {
            let target = |peers| Arc::new(Target::of_pin(kept, pin.to_string(), peers));
            if observe {
                copies.add(&pin, peers.into_iter().map(|peer| target(vec![peer])).collect());
            } else {
                let known = matcher(known.of_route(&peers), kept);
                routes.add(&pin, Destination { skip_local, known, rest: target(peers) });
            }
        }
        let groups = gather(known.groups().into_iter().map(|(name, drafts)| (name, matcher(drafts, kept))));
        Table { routes, copies, services: matcher(known.services(), kept), groups }
    }

    /// Whether a route takes this message past the handlers here.
    pub(super) fn skips_local(&self, message: &dyn Fields) -> bool {
        self.routes.find_any(message).is_some_and(|found| found.value().skip_local)
    }

    /// Those who answer a message.
    pub(super) fn find(&self, message: &dyn Fields) -> Option<Arc<Target>> {
        if let Some(found) = self.routes.find_any(message) {
            let Destination { known, rest, .. } = found.value();
            return Some(Arc::clone(known.find_any(message).map_or(rest, |found| found.value())));
        }
        self.services.find_any(message).map(|found| Arc::clone(found.value()))
    }

    /// Those who answer a message that a handler hands on, and whether a route takes it past the handlers here. Of routes
    /// and catalogues what comes after the handler: the order is one for all processes.
    pub(super) fn find_below(&self, message: &dyn Fields, below: &Below) -> Option<(Arc<Target>, bool)> {
        for route in self.routes.find_all(&message) {
            let Destination { skip_local, known, rest } = route.value();
            let known = first_below(known, message, below);
            // Of peers that have not said what they answer the pin does.
            let rest =
                || below.is_above(Compare::Typed, &route.pattern(), 0, false).then(|| Arc::clone(rest));
            if let Some(target) = known.or_else(rest) {
                return Some((target, *skip_local));
            }
        }
        first_below(&self.services, message, below).map(|target| (target, false))
    }

    /// Who answers messages of a type, in order of precedence; nobody where routes look at the bytes.
    pub(super) fn candidates(&self, message: &MessageInfo) -> Vec<(Tests, Arc<Target>)> {
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
            .collect();
        sort_by(&mut fitting, |(_, a, left), (_, b, right)| {
            precedence(Compare::Typed, (a, left.order.1), (b, right.order.1))
        });
        fitting.into_iter().map(|(tests, _, target)| (tests, target)).collect()
    }

    /// The patterns that others answer, with their ranks, and who answers each.
    pub(super) fn answered(&self) -> Vec<(Pattern, i32, Arc<Target>)> {
        let all = self.services.iter();
        all.map(|found| (found.pattern(), found.rank(), Arc::clone(found.value()))).collect()
    }

    /// The patterns that others observe.
    pub(super) fn observed(&self) -> Vec<Pattern> {
        let groups = self.groups.values().flat_map(|group| group.iter().map(|found| found.pattern()));
        groups.chain(self.copies.iter().map(|found| found.pattern())).collect()
    }

    /// Who is to have a copy of a message: each peer of every observe route that matches it, and of each group that the
    /// catalogues name one of those who have it, unless one of them has had its copy by a route.
    pub(super) fn observers(&self, message: &dyn Fields) -> Vec<Observer> {
        let mut all: Vec<Observer> = Vec::new();
        let has = |all: &[Observer], target: &Target| {
            let by_route = |one: &&Observer| one.group.is_none();
            all.iter()
                .filter(by_route)
                .any(|one| target.peers.iter().any(|peer| Arc::ptr_eq(peer, &one.target.peers[0])))
        };
        for target in self.copies.find_all(&message).into_iter().flat_map(|found| found.value()) {
            if !has(&all, target) {
                all.push(Observer { group: None, target: Arc::clone(target) });
            }
        }
        for (name, matcher) in &self.groups {
            let Some(found) = matcher.find_any(message) else { continue };
            let target = Arc::clone(found.value());
            if !has(&all, &target) {
                all.push(Observer { group: Some(name.clone()), target });
            }
        }
        all
    }
}

fn matcher(drafts: Drafts, kept: &Kept) -> Matcher<Arc<Target>> {
    let mut matcher = Matcher::with_compare(Compare::Typed);
    for ((text, overrides), draft) in drafts {
        // A peer of another version may have patterns that this one cannot read: they are not for us.
        let Ok(pattern) = text.parse::<Pattern>() else { continue };
        let (rank, replaced) = (draft.rank, matcher.get(&pattern).filter(|_| overrides).cloned());
        matcher.add_ranked(&pattern, rank, Arc::new(Target::new(kept, &pattern, text, draft, replaced)));
    }
    matcher
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
