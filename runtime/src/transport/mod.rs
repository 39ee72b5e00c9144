//! The seam to other processes: what a transport is given, and what it must do.
//!
//! A transport knows bytes and heads; it does not know patterns, handlers or types. It implements [`Transport`]: to
//! [`connect`](Transport::connect) to a process, which gives a [`Link`], and to [`listen`](Transport::listen), which
//! hands what comes to a [`Door`].
//!
//! # Writing one
//!
//! `examples/own-transport` is a whole one, over Unix sockets, in some 300 lines of code that use nothing but what is public.
//!
//! 1. **A frame** holds a message's bytes and its [`Head`]. Every field of the head has to arrive: the bus puts nothing
//!    there that it does not need. Read with care: what is missing is as in [`Head::default`], and what is unknown is
//!    ignored. Bodies are JSON, but nothing has to look into them, and they may have line breaks.
//! 2. **A link** ([`Transport::connect`]) is made without a connection and connects when it is first used, so that
//!    processes may start in any order. [`Link::call`] and [`Link::send`] may be called any number of times at once.
//! 3. **A listener** ([`Transport::listen`]) binds, makes a [`Listener`] with the address that it really has, and spawns what
//!    serves it. Each message goes to [`Door::call`], or to [`Door::send`] if nobody waits for a reply: then or if
//!    [`Head::published`] is set. What the door returns goes back; an error as a [`Fault`], which keeps its
//!    kind, outcome, and the service's own error with its type.
//! 4. **The end.** When [`Door::closed`] resolves, take no new connections, answer what has already come (the door says
//!    *not done* by itself), let what runs end, and drop the receiver of [`Listener::new`]. When that receiver resolves,
//!    stop at once, and drop the futures of what runs.
//! 5. **Mount it** by [`Builder::transport`](crate::bus::Builder::transport). The schemes of its URLs choose it.
//! 6. **Prove it**: the crate `matchbus-conformance` runs the behaviours that the built-in transports are held to over
//!    yours, by one line in a test file.
//!
//! # What every transport must keep
//!
//! * **Outcomes.** A link says *not done* ([`Error::unreachable`]) only if it is certain that the bytes reached no handler:
//!   the connection could not be made, or the other side said so. From the moment the first byte may have left, a
//!   failure is *unknown* ([`Error::lost`], [`Error::unreadable`]). The bus decides what is tried again; a link never sends
//!   a message twice by itself.
//! * **Time.** [`Head::budget`] is what is left, a duration: clocks of two machines do not agree. Neither side needs a timer
//!   for it. The bus drops the future of a [`Link::call`] when its time is up or its caller is gone; the link then tells
//!   the other side, if its protocol can, and that side drops the future of [`Door::call`], which ends the handler. The
//!   bus at the other side looks after the budget by itself. A link that needs no timer for each of its calls may
//!   [say so](Link::keeps_time) and spare the bus one for each.
//! * **Order and silence.** Nothing is dropped without an error. A listener stops reading when the door is full.
//! * **Limits.** A frame is as large as [`Door::limits`] allows and a little more, for its head. What is larger is refused with
//!   the limit in the text, and must not be kept in memory. An easy way is to hand the door one byte more than it allows:
//!   it says the rest.
//! * **Reconnecting** is the link's business, with full jitter between 50 ms and 5 s (rule R16).
//! * **Secrets** of a [`Url`] are in no log, error or `Debug`. Options that a URL has and the transport does not know are
//!   refused ([`Error::wrong_url`]), but for `pin` and `observe`, which are the bus's own.

mod door;
#[cfg(any(feature = "http", feature = "tcp"))]
mod duration;
mod failure;
mod head;
#[cfg(feature = "http")]
pub mod http;
pub(crate) mod quick;
mod secure;
#[cfg(any(feature = "http", feature = "tcp"))]
mod seneca;
#[cfg(feature = "tcp")]
pub mod tcp;
#[cfg(all(not(feature = "tls"), any(feature = "http", feature = "tcp")))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(all(feature = "tls", any(feature = "http", feature = "tcp")))]
pub mod tls;
mod url;

use std::fmt;
use std::sync::Arc;

pub use door::{Door, Exposed};
pub use failure::Fault;
pub use head::Head;
pub(crate) use secure::{is_secure, missing_feature};
#[cfg(all(feature = "tls", any(feature = "http", feature = "tcp")))]
pub use tls::Tls;
#[cfg(all(not(feature = "tls"), any(feature = "http", feature = "tcp")))]
pub(crate) use tls::Tls;
pub use url::Url;

use crate::handler::BoxFuture;
use crate::message::{CallError, Error, ErrorReply};

/// The transports of the features that are on.
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) fn built_in(tls: &Tls) -> Vec<Arc<dyn Transport>> {
    vec![
        #[cfg(feature = "http")]
        Arc::new(http::Http::of(tls.clone())),
        #[cfg(feature = "tcp")]
        Arc::new(tcp::Tcp::of(tls.clone())),
    ]
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

    /// Whether a [`call`](Link::call) ends by itself when its [`Head::budget`] is used up, by [`Error::unanswered`], and
    /// is then taken back as if its future had been dropped. Where the bus would only wait for that it then sets no timer.
    fn keeps_time(&self) -> bool {
        false
    }

    /// The same for calls that only wait for their answer, if the link has a shorter way for them.
    #[doc(hidden)]
    fn quick(&self) -> Option<&dyn quick::Quick> {
        None
    }

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
