//! What a scheme says of TLS, whether or not the feature is on.

use super::Url;
#[cfg(any(feature = "http", feature = "tcp"))]
use crate::message::Error;

/// Each scheme that means TLS, and the same without.
const SCHEMES: [(&str, &str); 5] = [
    ("https", "http"),
    ("seneca+https", "seneca+http"),
    ("seneca+webs", "seneca+web"),
    ("tcps", "tcp"),
    ("seneca+tcps", "seneca+tcp"),
];

/// The scheme without TLS: what is spoken on the connection.
#[cfg(feature = "http")]
pub(super) fn plain_scheme(url: &Url) -> &str {
    let found = SCHEMES.iter().find(|(secure, _)| *secure == url.scheme());
    found.map_or(url.scheme(), |(_, plain)| plain)
}

/// Whether the scheme means TLS.
pub(crate) fn is_secure(url: &Url) -> bool {
    SCHEMES.iter().any(|(secure, _)| *secure == url.scheme())
}

/// Refuses TLS's options where nothing is encrypted: who gives a certificate means it.
#[cfg(any(feature = "http", feature = "tcp"))]
pub(super) fn no_options(url: &Url) -> Result<(), Error> {
    let Some(name) = url.option_names().find(|name| name.starts_with("tls_")) else { return Ok(()) };
    let scheme = url.scheme();
    let secure = SCHEMES.iter().find(|(_, plain)| *plain == scheme).map_or("tcps", |(secure, _)| secure);
    let text = format!(
        "`{url}` has the option `{name}`, but nothing is encrypted there; write {secure}:// or leave it out"
    );
    Err(Error::usage(text))
}

/// What a program lacks that has no transport for a URL: a feature, perhaps.
pub(crate) fn missing_feature(url: &Url) -> Option<String> {
    let need = match url.scheme().rsplit('+').next() {
        Some("http" | "web") => "http",
        Some("tcp") => "tcp",
        Some("https" | "webs") => "http` and `tls",
        Some("tcps") => "tcp` and `tls",
        _ => return None,
    };
    // A secure scheme is the plain one with something more.
    let plural = if is_secure(url) { "features" } else { "feature" };
    Some(format!("it needs the {plural} `{need}` of the crate matchbus, in Cargo.toml"))
}
