use std::fmt;
use std::sync::Arc;

use matchbus::handler::BoxFuture;
use matchbus::transport::{Door, Link, Listener, Transport, Url};

/// A transport under test: what it is, and where its listeners listen.
#[derive(Clone)]
pub struct Subject {
    pub(crate) over: Option<Over>,
}

#[derive(Clone)]
pub(crate) struct Over {
    pub(crate) transport: Shared,
    listen: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Subject {
    /// A transport, and the URL at which the next listener is to listen: another one each time, or one that finds a free
    /// place by itself, such as port 0. Links connect to what [`Listener::url`] says.
    pub fn of(
        transport: impl Transport + 'static,
        listen: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Subject { over: Some(Over { transport: Shared(Arc::new(transport)), listen: Arc::new(listen) }) }
    }

    /// None: near and far are one process.
    pub fn in_process() -> Self {
        Subject { over: None }
    }
}

impl Over {
    pub(crate) fn next_url(&self) -> Url {
        let text = (self.listen)();
        text.parse().unwrap_or_else(|error| panic!("the subject's URL `{text}` is none: {error}"))
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = self.over.as_ref().map(|over| &over.transport);
        f.debug_struct("Subject").field("transport", &transport).finish_non_exhaustive()
    }
}

/// One transport for all buses of a behaviour.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<dyn Transport>);

impl Transport for Shared {
    fn schemes(&self) -> &'static [&'static str] {
        self.0.schemes()
    }

    fn connect(&self, url: &Url) -> matchbus::Result<Arc<dyn Link>> {
        self.0.connect(url)
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, matchbus::Result<Listener>> {
        self.0.listen(url, door)
    }
}
