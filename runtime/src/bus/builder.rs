use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use super::by_type::ByType;
use super::core::{Core, Group};
use super::dedup::{Dedup, Memory, WhenFull};
use super::handle::Bus;
use super::index::Index;
use super::layer::{At, BoxError, Inner, Layers, Request, Response, Wrap, wrap};
use super::lifecycle::Lifecycle;
use super::limit::Limit;
use super::mounted::{About, Closure, Handler, Mounted};
use super::origin::Origin;
use super::queue::{Queue, Queued};
use super::remote::Remote;
use super::route::could_answer;
use super::routes::Route;
use super::settings::Settings;
use super::start_error::{StartError, StartProblem};
use super::text::Text;
use crate::flow::Flows;
use crate::handler::{Accepts, Incoming, Need, answer};
use crate::message::Message;
use crate::message::json::Limits;
use crate::pattern::{Compare, Pattern, PatternError, PatternInfo, Value};
use crate::registry::{self, CheckAt, Effect, Entry, Info, Kind, Problem, ProblemKind};
use crate::sort::{gather, sort_by};
use crate::testing::Recorder;
use crate::transport::Transport;

/// A bus in the making: handlers, states, settings.
///
/// ```
/// use std::time::Duration;
/// use matchbus::prelude::*;
/// # #[derive(Message, Serialize, Deserialize)]
/// # #[message(role = "count", cmd = "next", reply(u64))]
/// # struct Next {}
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[service(role = "count", cmd = "next")]
/// fn next(_: Next, counter: State<AtomicU64>) -> u64 {
///     counter.fetch_add(1, Ordering::Relaxed)
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = Bus::builder()
///     .services(matchbus::services![next])
///     .state(AtomicU64::new(7))
///     .timeout(Duration::from_secs(1))
///     .start()?;
/// assert_eq!(bus.call(Next {}).await?, 7);
/// # Ok(()) }
/// ```
#[must_use]
pub struct Builder {
    drafts: Vec<Draft>,
    states: ByType<Arc<dyn Any + Send + Sync>>,
    settings: Settings,
    layers: Vec<(At, Wrap)>,
    only: Option<BTreeSet<String>>,
    with: Vec<(String, Value)>,
    handler_crates: &'static [&'static str],
    checked: bool,
    record: bool,
    transports: Vec<Arc<dyn Transport>>,
    routes: Vec<Route>,
    #[cfg(any(feature = "http", feature = "tcp"))]
    tls: crate::transport::Tls,
}

/// How many answers to messages of a Seneca are remembered, and how many bytes: a Seneca knows no bound, but forgets all
/// when it restarts.
const HISTORY: (usize, usize) = (100_000, 32 << 20);

/// A handler before it is mounted.
struct Draft {
    kind: Kind,
    about: About,
    call: Handler,
    /// For closures; an annotated function brings its own.
    patterns: Vec<Pattern>,
    /// Takes the place of every handler with the equal pattern, also of those that override it.
    replaces: bool,
}

impl Builder {
    /// One with nothing in it.
    pub fn new() -> Self {
        Builder {
            drafts: Vec::new(),
            states: ByType::default(),
            settings: Settings::default(),
            layers: Vec::new(),
            only: None,
            with: Vec::new(),
            handler_crates: &[],
            checked: true,
            record: false,
            transports: Vec::new(),
            routes: Vec::new(),
            #[cfg(any(feature = "http", feature = "tcp"))]
            tls: crate::transport::Tls::default(),
        }
    }

    /// Adds handlers; what [`services!`](crate::services) lists.
    pub fn services(mut self, services: &[&'static [Info]]) -> Self {
        self.drafts.reserve(services.iter().map(|list| list.len()).sum());
        self.drafts.extend(services.iter().copied().flatten().map(Draft::of));
        self
    }

    /// Adds every handler that is linked into the program.
    ///
    /// A crate that is named only in `Cargo.toml` is not linked: write `use its_name as _;`.
    pub fn discover(self) -> Self {
        self.services(&registry::discover())
    }

    /// Adds a closure that answers messages of type `M`, under the type's own pattern.
    ///
    /// ```
    /// # use matchbus::prelude::*;
    /// # #[derive(Message, Serialize, Deserialize)]
    /// # #[message(role = "math", cmd = "double", reply(i64))]
    /// # struct Double { n: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = Bus::builder().handle(|msg: Double| async move { msg.n * 2 }).start()?;
    /// assert_eq!(bus.call(Double { n: 21 }).await?, 42);
    /// # Ok(()) }
    /// ```
    pub fn handle<M, F, Fut>(mut self, handler: F) -> Self
    where
        M: Message + Accepts<Fut::Output>,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        self.drafts.push(Draft::closure::<M, F, Fut>(Pattern::from(&M::INFO.pattern), handler, false));
        self
    }

    /// As [`handle`](Builder::handle), in place of whatever has the equal pattern.
    pub(crate) fn replace<M, F, Fut>(mut self, handler: F) -> Self
    where
        M: Message + Accepts<Fut::Output>,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        self.drafts.push(Draft::closure::<M, F, Fut>(Pattern::from(&M::INFO.pattern), handler, true));
        self
    }

    /// Adds a closure that answers JSON of this pattern: the way for what is known only when the program runs.
    ///
    /// ```
    /// use matchbus::prelude::*;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pattern = "role:echo".parse()?;
    /// let bus = Bus::builder().handle_json(pattern, |msg: Value| async move { msg["say"].clone() }).start()?;
    /// assert_eq!(bus.act(json!({"role": "echo", "say": "hello"})).await?, "hello");
    /// # Ok(()) }
    /// ```
    pub fn handle_json<F, Fut>(mut self, pattern: Pattern, handler: F) -> Self
    where
        serde_json::Value: Accepts<Fut::Output>,
        F: Fn(serde_json::Value) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        self.drafts.push(Draft::closure::<serde_json::Value, F, Fut>(pattern, handler, false));
        self
    }

    /// Gives the handlers a state, found by its type; a second one of the same type takes the place of the first.
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(TypeId::of::<T>(), Arc::new(state));
        self
    }

    /// As [`state`](Builder::state), for a state that is shared with others.
    pub fn shared_state<T: Send + Sync + 'static>(mut self, state: Arc<T>) -> Self {
        self.states.insert(TypeId::of::<T>(), state);
        self
    }

    /// How long a message from outside of handlers may take, with all that it leads to. 5 seconds unless said
    /// otherwise.
    pub fn timeout(mut self, budget: Duration) -> Self {
        self.settings.budget = budget;
        self
    }

    /// How long running handlers may take to end when the bus shuts down. 10 seconds unless said otherwise.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// How many messages may wait in the queue of one handler. 1,024 unless said otherwise; at least 1.
    pub fn queue(mut self, messages: usize) -> Self {
        self.settings.queue = messages.max(1);
        self
    }

    /// How many messages of one listener may be in flight; more are refused as *not done*. 4,096 unless said otherwise; at
    /// least 1.
    pub fn in_flight(mut self, messages: usize) -> Self {
        self.settings.most_from_outside = messages.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How long handlers with `effect(dedup)` remember a key whose window is the default of ten minutes. It should be at
    /// least twice the longest time for which a message may be repeated (rule R7).
    pub fn dedup_window(mut self, window: Duration) -> Self {
        self.settings.dedup_window = Some(window);
        self
    }

    /// How many idempotency keys all handlers with `effect(dedup)` remember together, and how many bytes with their
    /// replies. A million and 128 MiB unless said otherwise.
    ///
    /// A key is kept for its window and never forgotten before. When there is no room, a message with a new key is
    /// refused as *not done*, `overloaded` (rule R17), until older ones expire. Bytes are looked at before a handler
    /// runs: the replies of those that run can go beyond the bound.
    pub fn dedup_memory(mut self, keys: usize, bytes: usize) -> Self {
        self.settings.dedup_memory = (keys, bytes);
        self
    }

    /// Whether a call that another process answers is sent to a second one, if the first is slower than nearly all
    /// before it: for handlers with `effect(read)` and no others, within the retry budget (rules R5 and R6). The first
    /// answer wins, and the other call is cancelled.
    ///
    /// Off unless said otherwise: it makes messages run twice where nothing has failed, and does so when the peers have
    /// the most to do. How often it did is in [`Snapshot::outgoing`](crate::flow::Snapshot::outgoing).
    pub fn hedge_reads(mut self, hedge: bool) -> Self {
        self.settings.hedge_reads = hedge;
        self
    }

    /// How deep handlers may call each other. 32 unless said otherwise.
    pub fn nesting(mut self, most: u32) -> Self {
        self.settings.most_nested = most;
        self
    }

    /// How values compare with patterns (rule M4): with their JSON types, unless this says as text, as Seneca does.
    ///
    /// What comes in at an address with `seneca+…` always compares as text.
    pub fn compare(mut self, compare: Compare) -> Self {
        self.settings.compare = compare;
        self
    }

    /// What bytes may be a message: rule M7's limits unless said otherwise.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Puts a layer of yours at a named place; of several at one place the first added is outermost.
    ///
    /// Any [`tower_layer::Layer`] will do whose service can be cloned, such as those of the crate tower. It sees
    /// who a message is for and how it ended, not the body, and it may refuse or give up.
    pub fn layer<L>(mut self, at: At, layer: L) -> Self
    where
        L: Layer<Inner> + Send + Sync + 'static,
        L::Service: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send,
    {
        self.layers.push((at, wrap(layer)));
        self
    }

    /// Adds a transport of your own, for the URLs of its schemes; those of matchbus come with the features.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transports.push(Arc::new(transport));
        self
    }

    /// Sends messages of a pin to certain addresses; see [`Route`]. The program is then not all, as
    /// [`in_part`](Builder::in_part) says.
    pub fn route(self, route: Route) -> Self {
        self.routes([route])
    }

    /// As [`route`](Builder::route), for a whole table.
    pub fn routes(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        self.routes.extend(routes);
        self.checked &= self.routes.is_empty();
        self
    }

    /// The files for TLS, for each listener and link whose URL means TLS and does not say others.
    #[cfg(all(feature = "tls", any(feature = "http", feature = "tcp")))]
    pub fn tls(mut self, tls: crate::transport::Tls) -> Self {
        self.tls = tls;
        self
    }

    /// As `tls`, but what the program's code says stays where the command line says nothing.
    #[cfg(all(feature = "tls", any(feature = "http", feature = "tcp")))]
    pub(crate) fn tls_over(mut self, tls: crate::transport::Tls) -> Self {
        self.tls = tls.or(&self.tls);
        self
    }

    /// Mounts only the handlers of these services.
    pub fn only<I: Into<String>>(mut self, services: impl IntoIterator<Item = I>) -> Self {
        self.only.get_or_insert_default().extend(services.into_iter().map(Into::into));
        self
    }

    /// Adds a key to every pattern that is mounted: known only at start, such as the shard this process serves (rule
    /// M5). In a pattern that has the key with a glob, such as `shard = "*"`, a value that fits takes its place. The start
    /// refuses a value that contradicts a pattern, and one by which two patterns become the same.
    ///
    /// ```
    /// use matchbus::prelude::*;
    /// use serde_json::json;
    ///
    /// #[service(role = "timeline", shard = "*")]
    /// fn shard(msg: Value) -> Value {
    ///     msg["shard"].clone()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = Bus::builder().services(matchbus::services![shard]).with("shard", 1).start()?;
    /// assert_eq!(bus.act(json!({"role": "timeline", "shard": 1})).await?, 1);
    /// assert!(bus.act(json!({"role": "timeline", "shard": 0})).await.is_err());
    /// # Ok(()) }
    /// ```
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with.push((key.into(), value.into()));
        self
    }

    /// Crates whose handlers must be there, from `#[matchbus::main]`.
    pub(crate) fn expect_crates(mut self, crates: &'static [&'static str]) -> Self {
        self.handler_crates = crates;
        self
    }

    /// Says that the program is not all: what its handlers call may be answered in another process, so that nobody
    /// here answers it is no problem.
    pub fn in_part(mut self) -> Self {
        self.checked = false;
        self
    }

    /// The same settings without anything that answers: for a command that only calls others.
    pub(crate) fn without_handlers(mut self) -> Self {
        self.drafts.clear();
        self.with.clear();
        (self.only, self.handler_crates) = (None, &[]);
        self.in_part()
    }

    pub(crate) fn record(mut self) -> Self {
        self.record = true;
        self
    }

    /// The handlers that are not mounted, too: for listings.
    pub(crate) fn infos(&self) -> Vec<&'static Info> {
        self.drafts.iter().filter_map(|draft| draft.about.info()).collect()
    }

    /// Everything that would keep the bus from starting.
    pub(crate) fn problems(&self) -> Vec<StartProblem> {
        let mut problems = Vec::new();
        self.check_services(&mut problems);
        self.check_crates(&mut problems);
        self.check_states(&mut problems);
        self.check_handlers(&mut problems);
        problems
    }

    /// Checks the handlers and makes the bus.
    ///
    /// # Errors
    ///
    /// All problems at once: handlers that conflict, states that nobody gave, declared outputs that nothing answers,
    /// crates whose handlers are not linked.
    pub fn start(self) -> Result<Bus, StartError> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(StartError::new(problems));
        }
        let routes = self.routes.clone();
        let core = self.build();
        if let Some(note) = core.dedup_note() {
            tracing::info!("{note}");
        }
        core.warn_of_short_windows();
        let problems = routes.iter().filter_map(|route| {
            let led = route.check().and_then(|()| core.route(route).map_err(|cause| cause.text().to_owned()));
            led.err().map(|why| StartProblem::new("route", format!("{route} cannot be used: {why}")))
        });
        let problems: Vec<_> = problems.collect();
        if problems.is_empty() {
            Ok(Bus::new(Arc::new(core), Origin::default()))
        } else {
            Err(StartError::new(problems))
        }
    }

    /// The transports of the features that are on, and the user's own.
    fn all_transports(&mut self) -> Vec<Arc<dyn Transport>> {
        let own = std::mem::take(&mut self.transports);
        #[cfg(any(feature = "http", feature = "tcp"))]
        let own = crate::transport::built_in(&self.tls).into_iter().chain(own).collect();
        own
    }

    fn build(mut self) -> Core {
        let transports = self.all_transports();
        let Builder { drafts, states, settings, layers, only, with, record, routes, .. } = self;
        let layers_at = |at: At| {
            let here: Vec<&Wrap> =
                layers.iter().filter(|(place, _)| *place == at).map(|(_, wrap)| wrap).collect();
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
                    timeout: draft.about.info().and_then(|info| info.timeout),
                    layers: around_handlers.clone(),
                    replaced: None,
                    queue: Queue::default(),
                    rivals: AtomicBool::new(false),
                });
            }
        }
        let of_kind = |handlers: &[Mounted], kind| {
            handlers
                .iter()
                .filter(|handler| handler.kind == kind)
                .map(|handler| handler.flow)
                .collect::<Vec<_>>()
        };
        let services = of_kind(&handlers, Kind::Service);
        let services = Index::build(settings.compare, &mut handlers, services.into_iter());
        let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for observer in of_kind(&handlers, Kind::Observer) {
            groups.entry(handlers[observer as usize].about.service().to_owned()).or_default().push(observer);
        }
        let groups = groups
            .into_iter()
            .map(|(name, which)| Group {
                name: name.into(),
                observers: Index::build(settings.compare, &mut handlers, which.into_iter()),
            })
            .collect();
        let mut types = ByType::default();
        for message in handlers.iter().filter_map(|handler| handler.about.message()) {
            let next = u32::try_from(types.len()).unwrap_or(u32::MAX);
            types.entry(message.type_id).or_insert(next);
        }
        let (keys, bytes) = settings.dedup_memory;
        Core {
            flows: Flows::new(handlers.len() + 1),
            routes: types.iter().map(|_| OnceLock::new()).collect(),
            handlers: handlers.into(),
            services,
            groups,
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
            skips_local: routes.iter().any(|route| route.skip_local),
            dedup: Arc::new(Memory::new(keys, bytes, WhenFull::Refuse)),
            history: Arc::new(Memory::new(HISTORY.0, HISTORY.1, WhenFull::Forget)),
        }
    }

    fn check_services(&self, problems: &mut Vec<StartProblem>) {
        let Some(only) = &self.only else { return };
        let known: BTreeSet<&str> = gather(self.drafts.iter().map(|draft| draft.about.service()));
        let list = known.iter().copied().collect::<Vec<_>>().join(", ");
        for name in only.iter().filter(|name| !known.contains(name.as_str())) {
            problems.push(StartProblem::new(
                "unknown-service",
                format!("there is no service `{name}` in this program; it has: {list}"),
            ));
        }
    }

    fn check_crates(&self, problems: &mut Vec<StartProblem>) {
        if self.handler_crates.is_empty() {
            return;
        }
        let (mut linked, mut last) = (BTreeSet::new(), "");
        for info in self.drafts.iter().filter_map(|draft| draft.about.info()) {
            // The handlers of a crate come one after the other, and a program has thousands.
            let name = info.crate_name();
            if name != last {
                linked.insert(name);
                last = name;
            }
        }
        for name in self.handler_crates.iter().filter(|name| !linked.contains(**name)) {
            problems.push(StartProblem::new(
                "unlinked-crate",
                format!(
                    "crate `{name}` has handlers, but it is not linked into this program, since nothing of it is used: \
                     add `use {name} as _;` to main.rs, or `allow_unlinked({name})` to `#[matchbus::main]`"
                ),
            ));
        }
    }

    fn check_states(&self, problems: &mut Vec<StartProblem>) {
        let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for draft in self.drafts.iter().filter(|draft| mounts(self.only.as_ref(), draft)) {
            for need in draft.about.needs() {
                if let Need::State { id, name, optional: false } = need
                    && !self.states.contains_key(id)
                {
                    missing.entry(name()).or_default().push(draft.about.name());
                }
            }
        }
        for (name, handlers) in missing {
            problems.push(StartProblem::new(
                "missing-state",
                format!(
                    "no state of type `{name}` was given, but `{}` needs it: add `.state(…)` before the start",
                    handlers.join("`, `")
                ),
            ));
        }
    }

    /// The conflicts among the handlers. Keys that are joined at start are the same for all of them, so they change
    /// nothing between two handlers.
    fn check_handlers(&self, problems: &mut Vec<StartProblem>) {
        let functions = || self.drafts.iter().filter_map(|draft| Some((draft, draft.about.info()?)));
        self.check_with(problems);
        let found = registry::problems(
            functions().map(|(draft, info)| Entry {
                info,
                patterns: &info.patterns,
                mounted: mounts(self.only.as_ref(), draft),
            }),
            CheckAt::Start,
        );
        let told = found.problems().iter().filter(|problem| match problem.kind() {
            ProblemKind::Unanswered => self.checked && !self.closures_answer(problem),
            ProblemKind::OverridesNothing => self.checked,
            _ => true,
        });
        problems.extend(told.map(|problem| StartProblem::new(problem.kind().as_str(), problem.to_string())));
        if found.more() > 0 {
            problems.push(StartProblem::new("more", format!("and {} more", found.more())));
        }
    }

    /// The keys that are joined at start: that they go with each pattern which is mounted, and leave different patterns
    /// different.
    fn check_with(&self, problems: &mut Vec<StartProblem>) {
        let mut problem = |text: String| problems.push(StartProblem::new("with-key", text));
        let mut names = BTreeSet::new();
        let twice: BTreeSet<&str> =
            gather(self.with.iter().map(|(key, _)| &**key).filter(|key| !names.insert(*key)));
        if !twice.is_empty() {
            let twice = twice.into_iter().collect::<Vec<_>>().join("`, `");
            return problem(format!("the key `{twice}` is given twice for the start: name each key once"));
        }
        if self.with.is_empty() {
            return;
        }
        // By group and what a pattern became: what it was, and whose.
        let mut seen: BTreeMap<(&str, String), (Pattern, &str)> = BTreeMap::new();
        for draft in self.drafts.iter().filter(|draft| mounts(self.only.as_ref(), draft)) {
            let name = draft.about.name();
            let group = if draft.kind == Kind::Observer { draft.about.service() } else { "" };
            for own in draft.own_patterns() {
                let (became, _) = match joined(own.clone(), None, &self.with) {
                    Ok(became) => became,
                    Err(cause) => {
                        problem(format!(
                            "the keys given at start do not go with the pattern of `{name}`: {cause}"
                        ));
                        continue;
                    }
                };
                let key = (group, became.to_string());
                match seen.get(&key) {
                    Some((other, whose)) if *other != own && !draft.replaces => problem(format!(
                        "with the keys given at start, `{other}` of `{whose}` and `{own}` of `{name}` are both `{became}`: \
                         mount one of them, or ask for one more key in one"
                    )),
                    Some(_) => {}
                    None => drop(seen.insert(key, (own, name))),
                }
            }
        }
    }

    /// Whether what the handlers of an `Unanswered` problem send is answered by closures, which the check of the
    /// annotated functions does not see.
    fn closures_answer(&self, problem: &Problem) -> bool {
        let closures = || self.drafts.iter().flat_map(|draft| &draft.patterns);
        let functions = || self.infos().into_iter().flat_map(|info| info.patterns.iter());
        let needs = problem.handlers().iter().flat_map(|info| info.needs.iter().copied().flatten());
        let messages = needs.filter_map(|need| match need {
            Need::Calls(message) | Need::Emits(message) => Some(*message),
            _ => None,
        });
        messages
            .filter(|message| {
                !message.external && !functions().any(|pattern| registry::answers(message, pattern))
            })
            .all(|message| closures().any(|pattern| could_answer(pattern, message)))
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("handlers", &self.drafts.len()).finish_non_exhaustive()
    }
}

/// A pattern with the keys that are known only at start, and its text.
fn joined(
    pattern: Pattern,
    text: Option<&'static str>,
    with: &[(String, Value)],
) -> Result<(Pattern, Text), PatternError> {
    if with.is_empty() {
        let text = text.map_or_else(|| pattern.to_string().into(), Text::Static);
        return Ok((pattern, text));
    }
    // `shard = "*"` says that there is one, and the start which one: a value that fits takes the place of the glob. One
    // that the pattern has anyway changes nothing.
    let narrows = |name: &str, value: &Value| {
        let Some((_, given)) = with.iter().find(|(given, _)| given == name) else { return false };
        let fits = |given| value.fits(Compare::Typed, given);
        given == value || value.is_glob() && given.as_ref().scalar().is_some_and(fits)
    };
    let keys = pattern.iter().filter(|(name, value)| !narrows(name, value));
    let keys = keys.map(|(name, value)| (name, value.clone()));
    let more = with.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let pattern = Pattern::new(keys.chain(more))?;
    let text = pattern.to_string().into();
    Ok((pattern, text))
}

fn mounts(only: Option<&BTreeSet<String>>, draft: &Draft) -> bool {
    only.is_none_or(|only| only.contains(draft.about.service()))
}

impl Draft {
    fn of(info: &'static Info) -> Self {
        Draft {
            kind: info.kind,
            about: About::Function(info),
            call: Handler::Function(info.shim),
            patterns: Vec::new(),
            replaces: false,
        }
    }

    fn closure<M, F, Fut>(pattern: Pattern, handler: F, replaces: bool) -> Self
    where
        M: Incoming + Accepts<Fut::Output>,
        F: Fn(M) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        let closure: Arc<Closure> = Arc::new(move |_, input, _| answer::<M, _>(handler(M::take(input)?)));
        Draft {
            kind: Kind::Service,
            about: About::Closure { service: Text::Static("closures"), message: M::MESSAGE },
            call: Handler::Closure(closure),
            patterns: vec![pattern],
            replaces,
        }
    }

    fn annotated(&self) -> &'static [PatternInfo] {
        self.about.info().map_or(&[], |info| info.patterns.as_slice())
    }

    /// The patterns as they stand in the program.
    fn own_patterns(&self) -> impl Iterator<Item = Pattern> {
        self.annotated().iter().map(Pattern::from).chain(self.patterns.iter().cloned())
    }

    /// The patterns with the keys that are known only at start, and their texts.
    fn patterns(
        &self,
        with: &[(String, Value)],
        into: &mut Vec<(Pattern, Text)>,
    ) -> Result<(), PatternError> {
        for info in self.annotated() {
            into.push(joined(Pattern::from(info), Some(info.text), with)?);
        }
        for pattern in &self.patterns {
            into.push(joined(pattern.clone(), None, with)?);
        }
        Ok(())
    }

    /// What it remembers, if it is `effect(dedup)`; `scope` is a number that no other handler has.
    fn dedup(&self, settings: &Settings, scope: usize) -> Option<Dedup> {
        let Effect::Dedup { window } = self.about.info()?.effect else { return None };
        let window = if window == Effect::WINDOW { settings.dedup_window.unwrap_or(window) } else { window };
        Some(Dedup { scope: u32::try_from(scope).unwrap_or(u32::MAX), window })
    }

    fn limit(&self, settings: &Settings) -> Option<Limit> {
        // An observer's messages come out of its queue, which has the same bound.
        let size = self.about.info()?.concurrency?;
        Some(Limit::new(size, settings.queue))
    }
}
