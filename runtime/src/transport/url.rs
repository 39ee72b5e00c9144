use std::fmt;
use std::str::FromStr;

use crate::message::Error;

/// Where a transport listens or connects: `tcp://127.0.0.1:4000`, `http://cart:8080/act?pin=role:cart`.
///
/// The part that transports need of RFC 3986: scheme, host, port, path, and options after `?`. A user name or password
/// is never shown.
///
/// ```
/// let url: matchbus::transport::Url = "tcp://[::1]:4000?pin=role:cart".parse().unwrap();
/// assert_eq!((url.scheme(), url.host(), url.port()), ("tcp", "::1", Some(4000)));
/// assert_eq!(url.option("pin"), Some("role:cart"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: String,
    user: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    options: Vec<(String, String)>,
}

impl Url {
    /// The scheme, in lower case: `http`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Everything before the `@`, a secret.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if it is given.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path, with its leading `/`; empty if there is none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of an option after the `?`; of several the first.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of an option that may be given several times.
    pub fn options<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The names of all options, for a transport to refuse what it does not know.
    pub fn option_names(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(|(name, _)| name.as_str())
    }

    /// An option that is given several times and means one thing; these may be given so.
    #[cfg(any(feature = "http", feature = "tcp"))]
    pub(crate) fn repeated(&self, several: &[&str]) -> Option<&str> {
        let names = || self.options.iter().map(|(name, _)| name.as_str());
        let mut names_and_places = names().enumerate().filter(|(_, name)| !several.contains(name));
        names_and_places
            .find(|(place, name)| names().take(*place).any(|before| before == *name))
            .map(|(_, name)| name)
    }

    /// The same place with another port: the one that a listener really has.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// `host:port`, as sockets want it.
    pub fn authority(&self, default_port: u16) -> String {
        let port = self.port.unwrap_or(default_port);
        if self.host.contains(':') {
            format!("[{}]:{port}", self.host)
        } else {
            format!("{}:{port}", self.host)
        }
    }
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The text may hold a password: an error shows only the scheme.
        let bad = |what: &str| {
            let scheme = text.split("://").next().filter(|_| text.contains("://")).unwrap_or("…");
            let text = format!(
                "`{scheme}://…` is no address: {what}; write it as tcp://host:port or http://host:port"
            );
            Error::usage(text)
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("there is no scheme"))?;
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if scheme.is_empty() || !scheme.chars().all(letter) {
            return Err(bad("the scheme is empty or has odd characters"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, authority),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']').ok_or_else(|| bad("a `[` is not closed"))?;
                (host, rest.strip_prefix(':'))
            }
            None => match place.rsplit_once(':') {
                // Which of the colons is before the port, nobody can tell.
                Some((host, _)) if host.contains(':') => {
                    return Err(bad("an IPv6 address stands in brackets, as in tcp://[::1]:4000"));
                }
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        if host.is_empty() {
            return Err(bad("there is no host"));
        }
        let port = port
            .map(|port| port.parse().map_err(|_| bad("the port is no number up to 65535")))
            .transpose()?;
        let options = query.split('&').filter(|option| !option.is_empty()).map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            Some((decode(key)?, decode(value)?))
        });
        let options =
            options.collect::<Option<_>>().ok_or_else(|| bad("a `%` is not followed by two hex digits"))?;
        Ok(Url {
            scheme: scheme.to_ascii_lowercase(),
            user,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
            options,
        })
    }
}

/// Percent-decoding (RFC 3986, section 2.1).
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if self.user.is_some() {
            f.write_str("***@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let url: Url =
            "HTTP://ann:s3cret@cart.local:8080/act/now?pin=role:cart&pin=a%3Ab&flag".parse().unwrap();
        assert_eq!(
            (url.scheme(), url.host(), url.port(), url.path()),
            ("http", "cart.local", Some(8080), "/act/now")
        );
        assert_eq!(url.options("pin").collect::<Vec<_>>(), ["role:cart", "a:b"]);
        assert_eq!((url.option("flag"), url.option("none")), (Some(""), None));
        assert_eq!(url.user(), Some("ann:s3cret"));
        let url: Url = "tcp://[::1]".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.authority(10201).as_str()), ("::1", None, "[::1]:10201"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let url: Url = "tcp://ann:s3cret@host:1".parse().unwrap();
        assert!(!format!("{url} {url:?}").contains("s3cret"));
        let error = "tcp://ann:s3cret@host:99999".parse::<Url>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_cure() {
        for (text, why) in [
            ("host:80", "no scheme"),
            ("://host", "scheme is empty"),
            ("tcp://", "no host"),
            ("tcp://:80", "no host"),
            ("tcp://[::1", "not closed"),
            ("http://::1:8211", "tcp://[::1]:4000"),
            ("http://::1", "brackets"),
            ("tcp://host:http", "no number"),
            ("tcp://host?pin=%zz", "hex digits"),
        ] {
            let error = text.parse::<Url>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("tcp://host:port"), "{text}: {error}");
        }
    }
}
