//! TLS for the schemes that end in `s`: `https://`, `seneca+https://`, `seneca+webs://`, `tcps://`, `seneca+tcps://`.
//!
//! By rustls with ring, TLS 1.3 and 1.2. There is no built-in list of public authorities: a team's services trust the
//! team's own CA, and whoever wants the public ones names the system's bundle.
//!
//! | setting | flag | variable | of a URL | of | meaning |
//! |---|---|---|---|---|---|
//! | [`certificate`](Tls::certificate) | `--tls-cert`, `--tls-key` | `MATCHBUS_TLS_CERT`, `MATCHBUS_TLS_KEY` | `tls_cert`, `tls_key` | both | who this process is: a chain, its own certificate first, and the private key. A link shows it if it is asked. |
//! | [`ca`](Tls::ca) | `--tls-ca` | `MATCHBUS_TLS_CA` | `tls_ca` | link | the authorities that servers' certificates must come from |
//! | [`client_ca`](Tls::client_ca) | `--tls-client-ca` | `MATCHBUS_TLS_CLIENT_CA` | `tls_client_ca` | listener | mutual TLS: only clients with a certificate from these authorities are let in |
//! | | | | `tls_name` | link | the name that the certificate must have, where it is not the URL's host |
//! | | | | `tls_timeout` | listener | how long a handshake may take, as `250ms` or `10s`; 10 seconds |
//!
//! All files are PEM and are read when a listener or a link is made; a new certificate needs a new process (a rolling
//! restart loses nothing). What a URL says goes before a flag, a flag before a variable.
//!
//! HTTP offers `h2` and `http/1.1` by ALPN. Each handshake runs on its connection's own task, so one that is slow keeps
//! nobody else, and it holds one of the listener's places for connections. Who speaks no TLS is told so in plain text
//! and closed. A client that the listener does not let in knows that nothing ran: *not done*.

mod client;
mod files;
mod server;
mod why;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub(crate) use client::Connector;
pub(crate) use server::{Acceptor, Arrived};

use super::Url;
use crate::message::Error;
use crate::seam::net::TcpStream;

/// A connection under TLS, from either side. On the heap: it is large, and plain ones are kept in the same futures.
pub(crate) type Stream = Box<tokio_rustls::TlsStream<TcpStream>>;

/// The files that TLS needs: for every listener and link of a bus whose URL does not say otherwise.
///
/// ```
/// use matchbus::transport::Tls;
///
/// let tls = Tls::new()
///     .certificate("/etc/shop/cart.pem", "/etc/shop/cart-key.pem")
///     .ca("/etc/shop/ca.pem")
///     .client_ca("/etc/shop/ca.pem");
/// let bus = matchbus::Bus::builder().tls(tls).start();
/// # assert!(bus.is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    ca: Option<PathBuf>,
    client_ca: Option<PathBuf>,
}

impl Tls {
    /// No files.
    pub fn new() -> Self {
        Tls::default()
    }

    /// Who this process is: its chain of certificates, its own first, and its private key (PKCS#8, PKCS#1 or SEC1).
    #[must_use]
    pub fn certificate(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        (self.cert, self.key) = (Some(chain.into()), Some(key.into()));
        self
    }

    /// The authorities from which the certificates of servers must come.
    #[must_use]
    pub fn ca(mut self, bundle: impl Into<PathBuf>) -> Self {
        self.ca = Some(bundle.into());
        self
    }

    /// The authorities from which the certificates of clients must come (mutual TLS). Without it nobody is asked for one.
    #[must_use]
    pub fn client_ca(mut self, bundle: impl Into<PathBuf>) -> Self {
        self.client_ca = Some(bundle.into());
        self
    }

    /// What the flags say; each of them may be missing.
    pub(crate) fn of_files([cert, key, ca, client_ca]: [Option<PathBuf>; 4]) -> Self {
        Tls { cert, key, ca, client_ca }
    }

    /// This, and for what it does not say the other.
    pub(crate) fn or(self, other: &Tls) -> Self {
        let Tls { cert, key, ca, client_ca } = self;
        // A certificate and the key of another one do not go together.
        let (cert, key) = match (cert, key) {
            (None, None) => (other.cert.clone(), other.key.clone()),
            own => own,
        };
        Tls {
            cert,
            key,
            ca: ca.or_else(|| other.ca.clone()),
            client_ca: client_ca.or_else(|| other.client_ca.clone()),
        }
    }

    /// What the URL says, and for the rest this.
    fn at(&self, url: &Url) -> Tls {
        let file = |name: &str| url.option(name).map(PathBuf::from);
        Tls::of_files([file("tls_cert"), file("tls_key"), file("tls_ca"), file("tls_client_ca")]).or(self)
    }

    /// The chain and its key, if both are given.
    fn identity(&self, url: &Url) -> Result<Option<(&Path, &Path)>, Error> {
        let missing = |which: &str, cure: &str| {
            Error::usage(format!("`{url}` has a TLS {which}; say it with {cure}, or leave both out"))
        };
        match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Ok(Some((cert, key))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("certificate and no key", "--tls-key or `tls_key`")),
            (None, Some(_)) => Err(missing("key and no certificate", "--tls-cert or `tls_cert`")),
        }
    }
}

/// ring, whatever else a program has: one that is set for the whole process could be another.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Refuses options that nobody would read.
fn know(url: &Url, known: &[&str]) -> Result<(), Error> {
    match url.option_names().find(|name| name.starts_with("tls_") && !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::usage(format!(
            "`{url}` has the option `{name}`, which is not known here; for TLS there are: {}",
            known.join(", ")
        ))),
    }
}
