//! What can be said after the `?` of a URL.

use std::time::Duration;

use crate::message::Error;
use crate::transport::duration::duration;
use crate::transport::tls::{Acceptor, Connector};
use crate::transport::{Tls, Url};

/// Options that are not a transport's business: which messages go where.
const COMMON: &[&str] = &["pin", "observe"];

/// Of a listener.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) max_connections: usize,
    pub(super) max_in_flight: usize,
    pub(super) line_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) tls: Option<Acceptor>,
}

impl Server {
    pub(super) fn of(url: &Url, tls: &Tls) -> Result<Self, Error> {
        check(url, &["max_connections", "max_in_flight", "line_timeout", "write_timeout", "idle_timeout"])?;
        Ok(Server {
            max_connections: number(url, "max_connections", 1024)?,
            max_in_flight: number(url, "max_in_flight", 1024)?,
            line_timeout: time(url, "line_timeout", 10_000)?,
            write_timeout: time(url, "write_timeout", 10_000)?,
            idle_timeout: time(url, "idle_timeout", 600_000)?,
            tls: Acceptor::of(url, tls, &[])?,
        })
    }
}

/// Of a client.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) connect_timeout: Duration,
    pub(super) silence_timeout: Duration,
    pub(super) max_answer: usize,
    pub(super) tls: Option<Connector>,
}

impl Client {
    pub(super) fn of(url: &Url, tls: &Tls) -> Result<Self, Error> {
        check(url, &["connect_timeout", "silence_timeout", "max_answer"])?;
        Ok(Client {
            connect_timeout: time(url, "connect_timeout", 2_000)?,
            silence_timeout: time(url, "silence_timeout", 3_000)?,
            max_answer: number(url, "max_answer", 16 * 1024 * 1024)?,
            tls: Connector::of(url, tls, &[])?,
        })
    }
}

/// As good as never, and still a time that can be added to a clock.
const NEVER: Duration = Duration::from_hours(24 * 365);

fn check(url: &Url, known: &[&str]) -> Result<(), Error> {
    if url.path().len() > 1 {
        return Err(Error::wrong_url(url, "a TCP address has no path; leave out what is after the port"));
    }
    if url.user().is_some() {
        return Err(Error::wrong_url(url, "a TCP address has no user; leave out what is before the `@`"));
    }
    if let Some(name) = url.repeated(COMMON) {
        return Err(Error::wrong_url(url, format!("`{name}` is given twice; say it once")));
    }
    let other = |name: &&str| !known.contains(name) && !COMMON.contains(name);
    // Those for TLS are its own affair.
    match url.option_names().find(|name| other(name) && !name.starts_with("tls_")) {
        Some(name) => Err(Error::wrong_url(
            url,
            format!("there is no option `{name}` here; there is: {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

fn number(url: &Url, name: &str, default: usize) -> Result<usize, Error> {
    let Some(text) = url.option(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error::wrong_url(url, format!("`{name}` is a number from 1, and not `{text}`")))
}

fn time(url: &Url, name: &str, default_ms: u64) -> Result<Duration, Error> {
    let Some(text) = url.option(name) else { return Ok(Duration::from_millis(default_ms)) };
    match duration(text) {
        Some(Duration::ZERO) => Ok(NEVER),
        Some(time) => Ok(time.min(NEVER)),
        None => Err(Error::wrong_url(
            url,
            format!("`{name}` is a time such as 250ms, 10s or 5m, and not `{text}`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_mistakes_named() {
        let url = "tcp://h:1?max_connections=7&line_timeout=250ms&idle_timeout=0s&pin=a:1".parse().unwrap();
        let options = Server::of(&url, &Tls::default()).unwrap();
        assert_eq!((options.max_connections, options.line_timeout), (7, Duration::from_millis(250)));
        assert_eq!(options.idle_timeout, NEVER);
        for (url, why) in [
            ("tcp://h?max_conections=7", "no option `max_conections`"),
            ("tcp://h?max_in_flight=0", "a number from 1"),
            ("tcp://h?line_timeout=10", "a time such as"),
            ("tcp://h?line_timeout=1s&line_timeout=1s", "`line_timeout` is given twice"),
            ("tcp://h/act", "no path"),
            ("tcp://u:p@h", "no user"),
        ] {
            let error = Server::of(&url.parse().unwrap(), &Tls::default()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
