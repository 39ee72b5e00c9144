mod build;
mod check;
mod draft;

use std::any::{Any, TypeId};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use self::draft::Draft;
use super::by_type::ByType;
use super::handle::Bus;
use super::layer::{At, BoxError, Inner, Request, Response, Wrap, wrap};
use super::origin::Origin;
use super::routes::Route;
use super::settings::Settings;
use super::start_error::{StartError, StartProblem};
use crate::handler::Accepts;
use crate::list::List;
use crate::message::Message;
use crate::message::json::Limits;
use crate::pattern::{Compare, Pattern, Value};
use crate::registry::{self, Info};
use crate::seam::{clock, task};
use crate::transport::{Transport, Url};

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
    only: Option<Vec<String>>,
    with: Vec<(String, Value)>,
    handler_crates: &'static [&'static str],
    checked: bool,
    record: bool,
    transports: Vec<Arc<dyn Transport>>,
    routes: Vec<Route>,
    peers: Vec<Url>,
    #[cfg(any(feature = "http", feature = "tcp"))]
    tls: crate::transport::Tls,
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
            peers: Vec::new(),
            #[cfg(any(feature = "http", feature = "tcp"))]
            tls: crate::transport::Tls::default(),
        }
    }

    /// Adds handlers; what [`services!`](crate::services) lists.
    pub fn services(mut self, services: &[&'static [Info]]) -> Self {
        self.drafts.reserve(services.iter().map(|list| list.len()).sum());
        for list in services {
            for info in *list {
                self.drafts.push(Draft::of(info));
            }
        }
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
    /// otherwise. Here as everywhere a time of more than a century, such as `Duration::MAX`, is a century.
    pub fn timeout(mut self, budget: Duration) -> Self {
        self.settings.budget = clock::bounded(budget);
        self
    }

    /// How long running handlers may take to end when the bus shuts down. 10 seconds unless said otherwise.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = clock::bounded(drain);
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
        self.settings.dedup_window = Some(clock::bounded(window));
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

    /// Knows the process at `url` from the start, as `--bus` does: what nobody here answers may be answered there. Each call adds
    /// one, and so does each `--bus`. The program is then not all, as [`in_part`](Builder::in_part) says.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = matchbus::Bus::builder().connect("http://127.0.0.1:7000".parse()?).start()?;
    /// # Ok(()) }
    /// ```
    ///
    /// [`start`](Builder::start) must then be called where a tokio runtime is, since the process is asked by a task what it
    /// answers. [`Bus::connect`] also waits for its first answer.
    pub fn connect(mut self, url: Url) -> Self {
        self.peers.push(url);
        self.in_part()
    }

    /// Sends messages of a pin to certain addresses; see [`Route`]. The program is then not all, as
    /// [`in_part`](Builder::in_part) says.
    pub fn route(self, route: Route) -> Self {
        self.routes([route])
    }

    /// As [`route`](Builder::route), for a whole table.
    pub fn routes(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        for route in routes {
            self.routes.push(route);
        }
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
        self.drafts.iter().filter_map(|draft| draft.about.info()).list()
    }

    /// Checks the handlers and makes the bus.
    ///
    /// # Errors
    ///
    /// All problems at once: handlers that conflict, states that nobody gave, declared outputs that nothing answers,
    /// crates whose handlers are not linked, addresses that no transport understands.
    pub fn start(self) -> Result<Bus, StartError> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(StartError::new(problems));
        }
        let (routes, peers) = (self.routes.clone(), self.peers.clone());
        let core = Arc::new(self.build());
        if let Some(note) = core.dedup_note() {
            tracing::info!("{note}");
        }
        core.warn_of_short_windows();
        let problems = routes.iter().filter_map(|route| {
            let led = route.check().and_then(|()| core.route(route).map_err(|cause| cause.text().to_owned()));
            led.err().map(|why| StartProblem::new("route", format!("{route} cannot be used: {why}")))
        });
        let peers = peers.iter().filter_map(|url| {
            let known = if task::can_spawn() {
                core.know(url).map(drop).map_err(|cause| cause.text().to_owned())
            } else {
                Err("no tokio runtime is here; call `start` in an async function".to_owned())
            };
            known.err().map(|why| StartProblem::new("peer", format!("{url} cannot be used: {why}")))
        });
        let problems: Vec<_> = problems.chain(peers).list();
        if problems.is_empty() {
            Ok(Bus::new(core, Origin::default()))
        } else {
            Err(StartError::new(problems))
        }
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
