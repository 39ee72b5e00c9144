//! What the bus is made of, once the checks have passed.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, RwLock};

use super::Builder;
use super::draft::{Draft, mounts};
use crate::bus::by_type::ByType;
use crate::bus::core::{Core, Group};
use crate::bus::dedup::{Memory, WhenFull};
use crate::bus::index::Index;
use crate::bus::layer::{At, Layers, Wrap};
use crate::bus::lifecycle::Lifecycle;
use crate::bus::mounted::Mounted;
use crate::bus::queue::{Queue, Queued};
use crate::bus::remote::Remote;
use crate::by_name::ByName;
use crate::flow::Flows;
use crate::list::List;
use crate::registry::Kind;
use crate::seam::clock;
use crate::sort::sort_by;
use crate::testing::Recorder;
use crate::transport::Transport;

/// How many answers to messages of a Seneca are remembered, and how many bytes: a Seneca knows no bound, but forgets all
/// when it restarts.
const HISTORY: (usize, usize) = (100_000, 32 << 20);

impl Builder {
    /// The transports of the features that are on, and the user's own.
    fn all_transports(&mut self) -> Vec<Arc<dyn Transport>> {
        let own = std::mem::take(&mut self.transports);
        #[cfg(any(feature = "http", feature = "tcp"))]
        let own = crate::transport::built_in(&self.tls).into_iter().chain(own).list();
        own
    }

    pub(super) fn build(mut self) -> Core {
        let transports = self.all_transports();
        let Builder { drafts, states, settings, layers, only, with, record, routes, .. } = self;
        let layers_at = |at: At| {
            let here: Vec<&Wrap> =
                layers.iter().filter(|(place, _)| *place == at).map(|(_, wrap)| wrap).list();
            Layers::stack(here.into_iter())
        };
        let (around_handlers, edge) = (layers_at(At::Handler), layers_at(At::Edge));
        let mut drafts = drafts;
        drafts.retain(|draft| mounts(only.as_ref(), draft));
        // What overrides comes after what it overrides, and what replaces comes last; see `Index::build`.
        let last = |draft: &Draft| (draft.replaces, draft.about.info().is_some_and(|info| info.overrides));
        sort_by(&mut drafts, |a, b| last(a).cmp(&last(b)));
        let mut handlers = Vec::with_capacity(drafts.len());
        let mut patterns = Vec::new();
        for draft in &drafts {
            let dedup = draft.dedup(&settings, handlers.len());
            // The checks found that the keys can be joined.
            let _ = draft.patterns(&with, &mut patterns);
            for (pattern, text) in patterns.drain(..) {
                let limit = draft.limit(&settings).map(Box::new);
                handlers.push(Mounted {
                    plain: limit.is_none() && dedup.is_none() && around_handlers.is_none() && edge.is_none(),
                    dedup,
                    kind: draft.kind,
                    pattern,
                    text,
                    rank: draft.about.info().map_or(0, |info| info.rank),
                    call: draft.call.clone(),
                    about: draft.about.clone(),
                    flow: u32::try_from(handlers.len()).unwrap_or(u32::MAX),
                    limit,
                    timeout: draft.about.info().and_then(|info| info.timeout).map(clock::bounded),
                    layers: around_handlers.clone(),
                    replaced: None,
                    queue: Queue::default(),
                    rivals: AtomicBool::new(false),
                });
            }
        }
        let of_kind = |handlers: &[Mounted], kind| {
            handlers.iter().filter(|handler| handler.kind == kind).map(|handler| handler.flow).list()
        };
        let services = of_kind(&handlers, Kind::Service);
        let services = Index::build(settings.compare, &mut handlers, services.into_iter());
        let mut groups: ByName<Vec<u32>> = ByName::default();
        for observer in of_kind(&handlers, Kind::Observer) {
            groups.entry(handlers[observer as usize].about.service().to_owned()).push(observer);
        }
        let groups = groups
            .into_iter()
            .map(|(name, which)| Group {
                name: name.into(),
                observers: Index::build(settings.compare, &mut handlers, which.into_iter()),
            })
            .list();
        let mut types = ByType::default();
        for message in handlers.iter().filter_map(|handler| handler.about.message()) {
            let next = u32::try_from(types.len()).unwrap_or(u32::MAX);
            types.entry(message.type_id).or_insert(next);
        }
        let (keys, bytes) = settings.dedup_memory;
        let skips_local = routes.iter().any(|route| route.skip_local);
        Core {
            flows: Flows::new(handlers.len() + 1),
            routes: types.iter().map(|_| OnceLock::new()).list().into(),
            handlers: handlers.into(),
            services,
            groups: groups.into(),
            types,
            strangers: RwLock::default(),
            states,
            edge,
            settings,
            lifecycle: Lifecycle::default(),
            queued: Queued::default(),
            recorder: record.then(Recorder::default),
            transports,
            remote: Remote::default(),
            skips_local,
            usual: !record && !skips_local,
            dedup: Arc::new(Memory::new(keys, bytes, WhenFull::Refuse)),
            history: Arc::new(Memory::new(HISTORY.0, HISTORY.1, WhenFull::Forget)),
        }
    }
}
