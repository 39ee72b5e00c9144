//! What the URLs say.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;

use super::super::tls::{Acceptor, Connector};
use super::super::{Tls, Url, duration::duration, secure};
use super::token::{Token, Tokens};
use crate::message::Error;

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
    pub(super) tokens: Option<Tokens>,
    pub(super) seneca_errors: StatusCode,
    pub(super) most_budget: Duration,
    /// How long a body may take to come.
    pub(super) body: Duration,
}

impl Default for Answering {
    fn default() -> Self {
        Answering {
            tokens: None,
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
        let known = [
            "token_env",
            "max_connections",
            "idle_timeout",
            "body_timeout",
            "max_budget",
            "seneca_errors",
            "pin",
            // As they were called before they had the names that they have for TCP.
            "connections",
            "idle_ms",
            "body_ms",
            "max_budget_ms",
        ];
        know(url, &known)?;
        if !matches!(url.path(), "" | "/" | "/act") {
            let text = format!(
                "a listener answers at fixed paths, so `{url}` cannot have the path `{}`; leave it out, or mount \
                 `matchbus::transport::http::service` in a router",
                url.path()
            );
            return Err(Error::usage(text));
        }
        let mut answering = Answering { tokens: Tokens::of(url)?, ..Answering::default() };
        if let Some(status) = option::<u16>(url, "seneca_errors", "500 or a status from 201 to 399")? {
            answering.seneca_errors = seneca_errors(status)?;
        }
        if let Some(most) = time(url, "max_budget", "max_budget_ms")? {
            answering.most_budget = most;
        }
        if let Some(body) = time(url, "body_timeout", "body_ms")? {
            answering.body = body;
        }
        let idle = time(url, "idle_timeout", "idle_ms")?.unwrap_or(PATIENCE);
        let name = one_of(url, "max_connections", "connections")?;
        let connections = option(url, name, "a number from 1")?.unwrap_or(1024);
        let tls = Acceptor::of(url, tls, &[b"h2", b"http/1.1"])?;
        Ok(Listening { answering, connections: at_least_one(url, name, connections)?, idle, tls })
    }
}

/// The statuses by which a Seneca client can be told of an error.
pub(super) fn seneca_errors(status: u16) -> Result<StatusCode, Error> {
    match StatusCode::from_u16(status) {
        Ok(code) if status == 500 || (201..400).contains(&status) && status != 204 && status != 304 => {
            Ok(code)
        }
        _ => Err(Error::usage(format!(
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
        let connections = option(url, "connections", "a number from 1")?.unwrap_or(64);
        let connections = at_least_one(url, "connections", connections)?;
        let most = option(url, "most_connections", "a number from 1")?.unwrap_or(64.max(connections));
        if most < connections {
            return Err(Error::usage(format!(
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

/// The name under which an option with two is given.
fn one_of<'a>(url: &Url, name: &'a str, older: &'a str) -> Result<&'a str, Error> {
    match (url.option(name), url.option(older)) {
        (Some(_), Some(_)) => Err(Error::usage(format!(
            "`{url}` has both `{name}` and `{older}`, which mean the same; say `{name}`"
        ))),
        (None, Some(_)) => Ok(older),
        _ => Ok(name),
    }
}

/// A time as `10s`, or under its older name a number of milliseconds.
fn time(url: &Url, name: &str, older: &str) -> Result<Option<Duration>, Error> {
    let time = if one_of(url, name, older)? == older {
        option(url, older, "a number of milliseconds")?.map(Duration::from_millis)
    } else {
        match url.option(name) {
            None => None,
            Some(text) => Some(duration(text).ok_or_else(|| {
                Error::usage(format!(
                    "the option `{name}` of `{url}` is a time such as 250ms, 10s or 5m, and not `{text}`"
                ))
            })?),
        }
    };
    time.map(|time| at_least_one(url, name, time)).transpose()
}

fn at_least_one<N: Default + PartialEq>(url: &Url, name: &str, n: N) -> Result<N, Error> {
    if n == N::default() {
        Err(Error::usage(format!("the option `{name}` of `{url}` is 0; say at least 1")))
    } else {
        Ok(n)
    }
}

/// Refuses options that nobody would read.
fn know(url: &Url, known: &[&str]) -> Result<(), Error> {
    if let Some(name) = url.repeated(&["pin", "observe"]) {
        return Err(Error::usage(format!("`{url}` has the option `{name}` twice; say it once")));
    }
    // Those for TLS are its own affair.
    match url.option_names().find(|name| !known.contains(name) && !name.starts_with("tls_")) {
        None => Ok(()),
        Some(name) => Err(Error::usage(format!(
            "`{url}` has the option `{name}`, which is not known here; there are: {}",
            known.join(", ")
        ))),
    }
}

fn option<T: std::str::FromStr>(url: &Url, name: &str, what: impl fmt::Display) -> Result<Option<T>, Error> {
    let Some(text) = url.option(name) else { return Ok(None) };
    let value = text.parse().map_err(|_| {
        Error::usage(format!("the option `{name}` of `{url}` must be {what}, and not `{text}`"))
    })?;
    Ok(Some(value))
}
