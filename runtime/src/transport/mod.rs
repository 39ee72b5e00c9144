//! The seam to other processes: what a transport is given, and what it must do.
//!
//! A transport knows bytes and heads; it does not know patterns, handlers or types. It implements [`Transport`]: to
//! [`connect`](Transport::connect) to a process, which gives a [`Link`], and to [`listen`](Transport::listen), which
//! hands what comes to a [`Door`].
//!
//! # What every transport must keep
//!
//! * **Outcomes.** A link says *not done* only if it is certain that the bytes reached no handler: the connection could
//!   not be made, or the other side said so. From the moment the first byte may have left, a failure is *unknown*. The
//!   bus decides what is tried again; a link never sends a message twice by itself.
//! * **Time.** [`Head::budget`] is what is left, a duration: clocks of two machines do not agree. A link does not need a
//!   timer for it: the bus drops the future of a call when its time is up, and the link then tells the other side, if
//!   its protocol can, that nobody waits any more.
//! * **Order and silence.** Nothing is dropped without an error. A listener stops reading when the door is full.
//! * **Reconnecting** is the link's business, with full jitter between 50 ms and 5 s (rule R16).
//! * **Secrets** of a [`Url`] are in no log, error or `Debug`.

mod door;
mod head;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "http", feature = "tcp"))]
mod seneca;
#[cfg(feature = "tcp")]
pub mod tcp;
mod url;

use std::fmt;
use std::sync::Arc;

pub(crate) use door::may_reach;
pub use door::{Door, Exposed};
pub use head::Head;
pub use url::Url;

use crate::handler::BoxFuture;
use crate::message::{CallError, Error, ErrorReply};

/// The transports of the features that are on.
#[allow(clippy::vec_init_then_push)] // Which ones are pushed depends on the features.
pub(crate) fn built_in() -> Vec<Arc<dyn Transport>> {
    #[allow(unused_mut)]
    let mut all: Vec<Arc<dyn Transport>> = Vec::new();
    #[cfg(feature = "http")]
    all.push(Arc::new(http::Http::new()));
    #[cfg(feature = "tcp")]
    all.push(Arc::new(tcp::Tcp::new()));
    all
}

/// A way to other processes, for the URLs of one or several schemes.
pub trait Transport: fmt::Debug + Send + Sync {
    /// The schemes, in lower case: `["tcp", "seneca+tcp"]`.
    fn schemes(&self) -> &'static [&'static str];

    /// The way to the process at `url`. It connects when it is first used.
    ///
    /// # Errors
    ///
    /// The URL has options or parts that the transport does not understand.
    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>, Error>;

    /// Listens at `url` and hands everything that comes to `door`, until the door [closes](Door::closed) or what is
    /// returned is dropped.
    ///
    /// # Errors
    ///
    /// The address is taken, or the URL has options or parts that the transport does not understand.
    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener, Error>>;
}

/// A way to one process.
pub trait Link: fmt::Debug + Send + Sync {
    /// Sends a message and waits for its reply. Dropping the future gives up on the reply.
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>>;

    /// Sends a message for which nobody waits; [`Head::published`] tells a published one from one for a single handler.
    /// It ends when the other side has taken the message in, or else when the bytes have left.
    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<(), Error>>;

    /// Who answers what at the other side, as the JSON of a [`Catalogue`](crate::registry::Catalogue); `None` if the
    /// other side cannot tell, as a Seneca cannot.
    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>>;
}

/// A listener that is up. Dropping it stops it at once; to let what runs end, [close](Door::closed) its door first.
#[derive(Debug)]
pub struct Listener {
    url: Url,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Listener {
    /// A listener at `url` (with the port that it really has), and what resolves when it is to stop.
    pub fn new(url: Url) -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        (Listener { url, stop: Some(stop) }, stopped)
    }

    /// Where it listens.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits until it has ended by itself: after its door [closed](Door::closed) and every connection got its answers.
    pub async fn ended(mut self) {
        if let Some(stop) = &mut self.stop {
            stop.closed().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have stopped by itself.
            let _ = stop.send(());
        }
    }
}
