//! TCP: newline-delimited JSON in the frames of Seneca's own TCP transport, at `tcp://host:port` and
//! `seneca+tcp://host:port` (port 10201 unless given).
//!
//! An unmodified Seneca 3 with seneca-transport (type `tcp`) can call a matchbus listener, and a matchbus program can
//! call a Seneca listener. What matchbus has beyond Seneca travels in one extra field, `mb`, which Seneca ignores.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use matchbus::prelude::*;
//! use matchbus::transport::tcp::Tcp;
//! use matchbus::transport::{Exposed, Head, Transport};
//!
//! #[service(role = "echo")]
//! fn echo(msg: Value) -> Value {
//!     msg
//! }
//!
//! let bus = Bus::with(matchbus::services![echo])?;
//! let listener = bus.listen(&"tcp://127.0.0.1:0".parse()?, &Exposed::All).await?;
//! let link = Tcp::new().connect(listener.url())?;
//! assert_eq!(link.call(br#"{"role":"echo"}"#, &Head::default()).await?, br#"{"role":"echo"}"#);
//! # Ok(()) }
//! ```
//!
//! # The protocol
//!
//! **Lines.** A connection carries frames both ways, each one JSON object on one line that ends with `\n` (`\r\n` and
//! empty lines are taken too). There is no greeting. Answers come in any order. A reader ignores fields and kinds that
//! it does not know.
//!
//! **Request**, client to server:
//!
//! ```json
//! {"id":"<mi>/<tx>","kind":"act","origin":"…","sync":true,"mb":{…},"act":{…}}
//! ```
//!
//! | field | |
//! |---|---|
//! | `id` | A string, unique among all clients: `mi` for the message, `tx` for what it belongs to. |
//! | `act` | The message. With `mb`, it comes last, as `res` does in an answer. |
//! | `sync` | `true`: an answer is wanted. Otherwise the message is taken in (fire and forget), and never answered. |
//! | `origin` | The client's instance; a server repeats it. Left out once the server is known to be a matchbus. |
//! | `mb` | The [head](crate::transport::Head), each part only where there is something: `id` (32 hex digits), `key` (where it is not the id), `attempt`, `budget` (what is left, in ms), `trace` (a traceparent; without one the trace is the id's), `source`, `context` (an object of strings; proof of nothing, since any client can write it), `published` (`true`: for every group of observers, and answered when it was taken in), `groups` (a list of strings: for these groups only), `hops` and `chain` (how many messages led to this one, and the last 32 of their patterns), `below` (what a handler elsewhere hands on by `Prior`: a pattern, and only handlers that come after it are asked; `overrides ` and `rank(N) ` stand before it where that handler says so; a Seneca ignores it, as all of `mb`), `send` (`true`: answer when the message was taken in, not when it was handled). |
//!
//! **Answer**, server to client:
//!
//! ```json
//! {"id":"…","kind":"res","origin":"…","accept":"<server>","sync":true,"mb":{…},"res":…}
//! ```
//!
//! `res` is the reply. On an error it is `null` and there is `error`: `message`, `code`, `retryable`, `status`,
//! `details`, and `seneca:true`, by which a Seneca takes over code and text. With an error, `mb` has `outcome`
//! (`done`, `not-done`, `unknown`), `app` (`true`: the service's own error), and where known `path`, `pattern` and
//! `id`, so that the caller has the error that it would have had in one process. `mb` has `replayed` (`true`) if the answer is the
//! stored one of an earlier message with the same key. A caller that sent no `mb` gets no
//! `mb`, and Seneca's codes (`act_not_found`, `action_timeout`, …). An error of a plain Seneca server is the service's own,
//! except `act_not_found` and `action_timeout`, which may have been said of a message that the handler sent itself:
//! *unknown*.
//!
//! **Other kinds** from client to server, between matchbus and matchbus:
//!
//! | frame | |
//! |---|---|
//! | `{"kind":"cancel","id":"…"}` | Nobody waits for that answer: the handler's future is dropped, unless the message is one that is remembered (`effect(dedup)`). |
//! | `{"kind":"catalogue","id":"…"}` | `res` is the catalogue of what is exposed. |
//! | `{"kind":"health","id":"…"}` | `res` is `{"ready":true}`; sent by clients too, to see whether a silent peer lives. |
//!
//! **Going away.** Before a server closes a connection (it drains, or was idle) it tells a matchbus client, and one that has
//! sent no message yet, `{"id":null,"kind":"res","mb":{"taken":N}}`: it took the first `N` requests of the connection and will
//! take no more.
//! So the client knows which of its calls are certainly *not done*. A frame with `error` and the `id` `null` before that
//! says why: too many connections, a line that was not completed, a port that speaks TLS.
//!
//! **What is refused.** A line that is no JSON object, or has no `kind`, is answered with an error, with `id` `null` if none
//! can be made out, and the connection goes on. So is a line longer than a message may be (rule M7) plus 16 KiB. Keys of the message
//! that end in `$` are dropped, whatever they say; four are understood: `custom$` joins the user context, `id$` is the
//! id where the frame has none, `timeout$` is the budget, up to the bus's own, and `default$` is answered where nobody
//! answers the message.
//!
//! **Seneca's ids.** Of a request without `mb` the id is the idempotency key, since a Seneca repeats a message under its
//! id; `tx` becomes the trace. A repeat with the same data within 22,222 ms is answered as the first one was and does not run
//! (the HTTP transport says the same in full). To `seneca+tcp` both go back, the user context goes as `custom$` in the message, other keys that
//! end in `$` are left out, and what is sent has left when its bytes have, since a Seneca does not say more.
//!
//! # Outcomes
//!
//! *Not done*: the connection was refused, or broke before the first byte of the request was given to the socket; the
//! server said so, or its `taken` did not count the request. *Unknown*: the connection broke later, or the reply cannot
//! be read. Under TLS a write that failed may have let out some of its bytes, so what it had is *unknown* too. A client connects when it is first used. After a refusal it tries again no sooner than a random time of up
//! to 50 ms, doubled each time up to 3 s (rule R16); until then calls are *not done* at once, so that the bus can ask
//! another instance.
//!
//! # TLS
//!
//! With the feature `tls` there are `tcps` and `seneca+tcps` (a Seneca behind something that ends TLS), the same protocol
//! under TLS; see `matchbus::transport::tls`.
//!
//! # Options
//!
//! After `?` of a URL, each once. Times are written as `250ms`, `10s` or `5m`; `0s` means never.
//!
//! | listener | default | |
//! |---|---|---|
//! | `max_connections` | 1024 | More are told that the listener is full, and closed. |
//! | `max_in_flight` | 1024 | Requests of one connection that run at once; at that number it is not read on. |
//! | `line_timeout` | 10s | A line that is begun must be complete by then, and the first one be begun so soon after connecting; against slow and silent peers. |
//! | `write_timeout` | 10s | A peer that takes no byte of its answers for so long is cut off. |
//! | `idle_timeout` | 10m | A connection on which no frame comes any more and nothing runs is closed; empty lines are no frames. |
//!
//! | client | default | |
//! |---|---|---|
//! | `connect_timeout` | 2s | How long connecting may take. |
//! | `silence_timeout` | 3s | A matchbus peer that owes answers is asked for its health after half of this time without a byte, and given up after all of it. |
//! | `max_answer` | 16777216 | The longest answer, in bytes; a longer one is *unknown*. |

mod answer;
mod client;
mod fault;
mod halves;
mod head;
mod lines;
mod message;
mod options;
mod outbox;
mod request;
mod server;
mod text;

use std::sync::Arc;

use crate::handler::BoxFuture;
use crate::message::Error;
use crate::transport::{Door, Link, Listener, Tls, Transport, Url};

/// The port where none is given: Seneca's.
pub const DEFAULT_PORT: u16 = 10201;

/// The transport for `tcp://…` and `seneca+tcp://…`. See the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Tcp {
    tls: Tls,
}

impl Tcp {
    /// The transport.
    pub fn new() -> Self {
        Tcp::default()
    }

    /// The same, with these files for URLs that mean TLS and do not say others.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Tcp { tls }
    }

    pub(super) fn of(tls: Tls) -> Self {
        Tcp { tls }
    }
}

impl Transport for Tcp {
    fn schemes(&self) -> &'static [&'static str] {
        if cfg!(feature = "tls") {
            &["tcp", "tcps", "seneca+tcp", "seneca+tcps"]
        } else {
            &["tcp", "seneca+tcp"]
        }
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>, Error> {
        let options = options::Client::of(url, &self.tls)?;
        Ok(Arc::new(client::TcpLink::new(url, options)))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener, Error>> {
        Box::pin(async move {
            let options = options::Server::of(url, &self.tls)?;
            server::listen(url, options, door).await
        })
    }
}
