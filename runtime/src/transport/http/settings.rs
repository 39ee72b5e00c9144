//! What the URLs say.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;

use super::super::tls::{Acceptor, Connector};
use super::super::{Tls, Url, secure};
use super::token::Token;
use crate::message::{Error, ErrorKind, Outcome};

/// What is spoken with the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// matchbus's own, which is also curl's.
    Plain,
    /// Seneca 3 with its default options: headers `seneca-*`.
    A,
    /// Seneca 3 without the legacy transport: `meta$` in the body.
    B,
}

impl Dialect {
    pub(super) fn of(url: &Url) -> Self {
        match secure::plain_scheme(url) {
            "seneca+http" => Dialect::A,
            "seneca+web" => Dialect::B,
            _ => Dialect::Plain,
        }
    }

    pub(super) fn default_port(self, url: &Url) -> u16 {
        match self {
            Dialect::Plain if secure::is_secure(url) => 8443,
            Dialect::Plain => 8080,
            Dialect::A | Dialect::B => 10101,
        }
    }
}

/// How long a client is waited for, unless the URL says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to answer; for a listener and for what is mounted elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Answering {
    pub(super) token: Option<Token>,
    pub(super) seneca_errors: StatusCode,
    pub(super) most_budget: Duration,
    /// How long a body may take to come.
    pub(super) body: Duration,
}

impl Default for Answering {
    fn default() -> Self {
        Answering {
            token: None,
            seneca_errors: StatusCode::INTERNAL_SERVER_ERROR,
            most_budget: Duration::from_mins(1),
            body: PATIENCE,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Listening {
    pub(super) answering: Answering,
    pub(super) connections: usize,
    /// How long a client may take for a head, for reading a reply, and between two requests.
    pub(super) idle: Duration,
    pub(super) tls: Option<Acceptor>,
}

impl Listening {
    pub(super) fn of(url: &Url, tls: &Tls) -> Result<Self, Error> {
        let known =
            ["token_env", "connections", "max_budget_ms", "body_ms", "idle_ms", "seneca_errors", "pin"];
        know(url, &known)?;
        if !matches!(url.path(), "" | "/" | "/act") {
            let text = format!(
                "a listener answers at fixed paths, so `{url}` cannot have the path `{}`; leave it out, or mount \
                 `matchbus::transport::http::service` in a router",
                url.path()
            );
            return Err(usage(text));
        }
        let mut answering = Answering { token: Token::of(url)?, ..Answering::default() };
        if let Some(status) = option::<u16>(url, "seneca_errors", "500 or a status from 201 to 399")? {
            answering.seneca_errors = seneca_errors(status)?;
        }
        if let Some(most) = option(url, "max_budget_ms", "a number of milliseconds")? {
            answering.most_budget = Duration::from_millis(most);
        }
        if let Some(ms) = option(url, "body_ms", "a number of milliseconds")? {
            answering.body = Duration::from_millis(at_least_one(url, "body_ms", ms)?);
        }
        let idle = match option(url, "idle_ms", "a number of milliseconds")? {
            None => PATIENCE,
            Some(ms) => Duration::from_millis(at_least_one(url, "idle_ms", ms)?),
        };
        let connections = option(url, "connections", "a number from 1")?.unwrap_or(1024);
        let tls = Acceptor::of(url, tls, &[b"h2", b"http/1.1"])?;
        Ok(Listening { answering, connections: at_least_one(url, "connections", connections)?, idle, tls })
    }
}

/// The statuses by which a Seneca client can be told of an error.
pub(super) fn seneca_errors(status: u16) -> Result<StatusCode, Error> {
    match StatusCode::from_u16(status) {
        Ok(code) if status == 500 || (201..400).contains(&status) && status != 204 && status != 304 => {
            Ok(code)
        }
        _ => Err(usage(format!(
            "`seneca_errors={status}` is nothing a Seneca client could read: say 500, or 299 to let it see errors"
        ))),
    }
}

#[derive(Clone, Debug)]
pub(super) struct Linking {
    pub(super) dialect: Dialect,
    pub(super) token: Option<Token>,
    pub(super) connections: usize,
    pub(super) most_connections: usize,
    pub(super) tls: Option<Connector>,
}

impl Linking {
    pub(super) fn of(url: &Url, tls: &Tls) -> Result<Self, Error> {
        know(url, &["token_env", "connections", "most_connections", "pin", "observe"])?;
        let connections = option(url, "connections", "a number from 1")?.unwrap_or(8);
        let connections = at_least_one(url, "connections", connections)?;
        let most = option(url, "most_connections", "a number from 1")?.unwrap_or(64.max(connections));
        if most < connections {
            return Err(usage(format!(
                "`{url}` says most_connections={most}, which is less than its connections={connections}"
            )));
        }
        Ok(Linking {
            dialect: Dialect::of(url),
            token: Token::of(url)?,
            connections,
            most_connections: most,
            tls: Connector::of(url, tls, &[b"http/1.1"])?,
        })
    }
}

fn at_least_one<N: Default + PartialEq>(url: &Url, name: &str, n: N) -> Result<N, Error> {
    if n == N::default() {
        Err(usage(format!("the option `{name}` of `{url}` is 0; say at least 1")))
    } else {
        Ok(n)
    }
}

/// Refuses options that nobody would read.
fn know(url: &Url, known: &[&str]) -> Result<(), Error> {
    // Those for TLS are its own affair.
    match url.option_names().find(|name| !known.contains(name) && !name.starts_with("tls_")) {
        None => Ok(()),
        Some(name) => Err(usage(format!(
            "`{url}` has the option `{name}`, which is not known here; there are: {}",
            known.join(", ")
        ))),
    }
}

fn option<T: std::str::FromStr>(url: &Url, name: &str, what: impl fmt::Display) -> Result<Option<T>, Error> {
    let Some(text) = url.option(name) else { return Ok(None) };
    let value = text
        .parse()
        .map_err(|_| usage(format!("the option `{name}` of `{url}` must be {what}, and not `{text}`")))?;
    Ok(Some(value))
}

pub(super) fn usage(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, Outcome::NotDone, text)
}
