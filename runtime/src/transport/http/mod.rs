//! HTTP: one port for curl, for other matchbus processes, and for both of Seneca's HTTP dialects.
//!
//! This text is the protocol.
//!
//! # Addresses
//!
//! | URL | a listener | a link |
//! |---|---|---|
//! | `http://host:port` | everything below | another matchbus, or anything that answers as below |
//! | `seneca+http://host:port` | the same | a Seneca 3 with its default options (dialect A) |
//! | `seneca+web://host:port` | the same | a Seneca 3 with `legacy: {transport: false}` (dialect B) |
//!
//! Without a port, `http` means 8080 and the other two mean Seneca's own 10101. A link posts to the URL's path, or to `/act`
//! if it has none; a listener's URL has no path. Options after the `?`:
//!
//! | option | of | meaning |
//! |---|---|---|
//! | `token_env=NAME` | both | the bearer token is in the environment variable `NAME`; in place of it the token may stand before the `@`: `http://TOKEN@host`. A listener's variable may have several with white space between them, while callers change from one to the other |
//! | `max_connections=N` | listener | at most so many connections at once; 1,024 (older name: `connections`) |
//! | `connections=N` | link | so many connections are kept; 64 |
//! | `most_connections=N` | link | so many are made while calls would otherwise wait longer than 10 ms; 64, or as many as are kept |
//! | `body_timeout=T` | listener | how long a body may take to come; `10s` (older: `body_ms=10000`) |
//! | `idle_timeout=T` | listener | how long a head may take, the client's reading of a reply, and the time between two requests; `10s` (older: `idle_ms=10000`) |
//! | `max_budget=T` | listener | no message gets more time than that, whatever it asks for; `1m` (older: `max_budget_ms=60000`) |
//! | `seneca_errors=299` | listener | the status of errors in dialect A; 500, see below |
//! | `pin=…` | both | is the bus's: what is exposed or asked for |
//!
//! Times are written as `250ms`, `10s` or `5m`. Each option but `pin` and `observe` may be given once.
//!
//! # Requests
//!
//! `POST /act` (or `POST /`): the body is the message, one JSON object; its `Content-Type` does not matter, so `curl -d
//! '{"role":"cart","cmd":"add"}' localhost:8080/act` works. HTTP/1.1 with keep-alive, and HTTP/2 with prior knowledge. What
//! goes beside the message are headers, all optional:
//!
//! | header | meaning |
//! |---|---|
//! | `traceparent` | W3C trace context; one that cannot be read is as if it were not there |
//! | `matchbus-id` | the message's id, a UUID |
//! | `idempotency-key` | by which repeats are known, where it is not the id; percent-encoded |
//! | `matchbus-hops`, `matchbus-chain: A,B` | how many messages led to this one, and the last 32 of their patterns, each percent-encoded: circles are stopped over all processes |
//! | `matchbus-below: PATTERN` | what a handler elsewhere hands on by `Prior`: only handlers that come after its pattern are asked (rules M3, M6); `overrides ` and `rank(N) ` stand before the pattern where the handler says so; percent-encoded. A listener that exposes only some patterns passes over none of its handlers for it |
//! | `matchbus-attempt` | which attempt this is, from 0 |
//! | `matchbus-budget` | what is left of the message's time, in milliseconds |
//! | `matchbus-source` | who sends it; percent-encoded, proof of nothing |
//! | `matchbus-context-NAME` | user context; name and value percent-encoded, upper-case letters in the name too. Proof of nothing: whoever reaches the listener writes what he likes, so an edge that strangers reach must strip it or set it itself |
//! | `matchbus-published: true` | goes to every group of observers, as in `curl -H 'matchbus-published: true' -d '{"event":"…"}' …`; answered with 202 |
//! | `matchbus-groups: A,B` | of a published message, the groups that are to have a copy from here; each percent-encoded |
//! | `prefer: respond-async` | nobody waits for the reply; answered with 202 when the message is taken in |
//! | `authorization: Bearer …` | where the listener has a token |
//!
//! `GET` (or `HEAD`): `/health` (200 while the process lives), `/ready` (200, or 503 while it hangs; while it shuts down
//! 503 over connections that are open, and new ones are refused, which a probe takes for the same),
//! `/metrics` (Prometheus' text format), `/catalogue` (who answers what, as far as it is exposed). A token is asked of
//! `/act` and `/catalogue` only. Anything else is 404, another method 405 with `Allow`.
//!
//! # Replies
//!
//! 200 and the reply as JSON; 202 without a body for what nobody waits for. `matchbus-outcome` is always there: `done`,
//! `not-done` (certain that no handler ran) or `unknown`. Errors have `matchbus-error: service` (the handler's own) or
//! `bus`. An answer that is the stored one of an earlier request with the same `idempotency-key` has
//! `idempotent-replayed: true`. The body of an error is
//!
//! ```json
//! {"error":{"code":"no-handler","message":"…","outcome":"not-done","retryable":false,
//!           "details":{}, "path":"$.qty","pattern":"cmd:add,role:cart","id":"0193…"}}
//! ```
//!
//! without what is not known. Their status is the service error's own (4xx or 5xx), and for the bus 400 (no message, or it
//! does not fit), 401, 403, 404 (nobody answers it), 405, 408 (the body did not come), 409 (another message has the
//! idempotency key, or the one with the same key still runs), 413, 500, 502, 503 with `Retry-After` (full, or shutting
//! down), 504 (time is up), 508 (circles). What is no HTTP at all is answered with 400, and a head that is too large or has
//! more than 100 headers with 431; then the connection is closed. Behind a request that is not as simple as what a link sends,
//! and over HTTP/2, these two have no body. A request of HTTP/1.1 without `Host`, or with two, is answered with 400.
//!
//! # Seneca
//!
//! A request with the header `seneca-id` is dialect A, one with the key `meta$` in its body is dialect B, and is answered
//! as Seneca answers. Of the keys that end in `$`, `custom$` becomes user context (values that are no text as JSON
//! text), `id$` the id where there is no other, `default$` the reply if nobody answers, and `timeout$` the budget in
//! milliseconds, at most `max_budget`; **all others are dropped**, so no `fatal$` reaches anyone. Ids `mi/tx` become
//! ids of 128 bits and back without loss, and `tx` is kept in the trace, so a trace crosses Node and Rust. Nobody is sent
//! stack traces or paths.
//!
//! * A: `seneca-id` and `seneca-origin` are sent back. **A Seneca client throws the body of every answer from 400 on
//!   away**; to let it see errors, listen with `seneca_errors=299`. It also gives up after 5,555 ms by itself.
//! * B: a list is `{"array$":[…]}`, nothing is `{"meta$":{"empty":true}}`, a text or number (which Seneca has no way to
//!   answer) is `{"value$":…}`; an error has `meta$.error`. `meta$.sync: false` is a message for which nobody waits.
//! * What is refused before the body is read (401, 408, 413, 503 for a connection too many) may be either: its error has the
//!   fields of both, `error` for everybody and `message`, `code`, `meta$.error` for B, and its own status.
//! * The bus's errors have Seneca's codes: `act_not_found`, `action_timeout`, `act_invalid_msg`, `invalid_json`,
//!   `maxparents`, `closed`, and `act_execute` for the rest.
//!
//! A message that comes again under an id of the form `mi/tx` within 22,222 ms, with the same data and user context, is
//! answered as the first one was, without running the handler. With other data or another user context it is a message of its
//! own and runs (a Seneca would give it the first one's answer), unless the handler has `effect(dedup)`, which refuses that. The
//! last 100,000 answers (32 MiB) to Senecas are kept for that; a warning tells if older ones were forgotten before their
//! time.
//!
//! A link to a Seneca server sends no keys that end in `$` of its own; a published message is sent like any other.
//!
//! # What a listener bears
//!
//! A message is at most what the bus's limits say (1 MiB); a head 16 KiB. Head, body, and the client's reading of a reply
//! may each take 10 seconds (`idle_timeout`, `body_timeout`), then the connection is closed; so is one that is idle for 10
//! seconds (`idle_timeout`). A connection over the limit is answered with 503 and closed, a message over
//! [`Builder::in_flight`](crate::bus::Builder::in_flight) with 503. A client that goes away drops its handler's future.
//! When the door closes, no connection is accepted any more, running requests end, and their connections are closed after
//! the reply. A connection without a request stays for one second more: what was on its way over it is told that nothing
//! ran.
//!
//! A listener that exposes only some patterns says nothing of the others: not in errors, nor in the catalogue, nor in the
//! metrics. So the catalogue has neither places in the source nor messages that no exposed handler answers,
//! `matchbus_unrouted_total` counts what came in here, and of a panic or of a nested call that failed an error says only
//! that it happened; the log has the rest under the error's id.
//!
//! # What a link promises
//!
//! *Not done*: the connection was refused, or the request was never given to one, or the other side says so
//! (`matchbus-outcome`), also while the request is still being written. Everything else that goes wrong is *unknown*; so is
//! an answer by something that is no matchbus and no Seneca, and one that could mean two things (several lengths, or a
//! length and chunks). Heads of answers are at most 64 KiB, bodies 64 MiB. Connections are kept for 4 seconds (less than any server here or of Node keeps them); the one that was
//! used last is used next; up to 1,024 calls wait in order for one. After a connection that could not be made, calls are
//! refused at once until the next try, by full jitter between 50 ms and 3 s. Dropping a call closes its connection,
//! which is what tells the other side.
//!
//! # TLS
//!
//! With the feature `tls` there are `https`, `seneca+https` and `seneca+webs`; see `matchbus::transport::tls`. Without a port `https`
//! means 8443. A listener offers HTTP/2 and HTTP/1.1 by ALPN; a link asks for HTTP/1.1.

mod client;
mod head;
mod ids;
mod percent;
mod seneca;
mod server;
mod settings;
mod token;

pub use server::{HttpService, service};

use std::sync::Arc;

use super::{Door, Link, Listener, Tls, Transport, Url};
use crate::handler::BoxFuture;
use crate::message::Error;

/// The transport for `http`, `seneca+http` and `seneca+web`; see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Http {
    tls: Tls,
}

impl Http {
    /// It has no settings of its own; they are in the URLs.
    pub fn new() -> Self {
        Http::default()
    }

    /// The same, with these files for URLs that mean TLS and do not say others.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Http { tls }
    }

    pub(super) fn of(tls: Tls) -> Self {
        Http { tls }
    }
}

impl Transport for Http {
    fn schemes(&self) -> &'static [&'static str] {
        if cfg!(feature = "tls") {
            &["http", "https", "seneca+http", "seneca+https", "seneca+web", "seneca+webs"]
        } else {
            &["http", "seneca+http", "seneca+web"]
        }
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>, Error> {
        Ok(Arc::new(client::HttpLink::new(url, &self.tls)?))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener, Error>> {
        Box::pin(server::listen(url, &self.tls, door))
    }
}
