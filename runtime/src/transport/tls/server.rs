use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::{Stream, Tls, files, know, provider, why};
use crate::message::Error;
use crate::seam::clock;
use crate::seam::net::TcpStream;
use crate::transport::{Url, secure};

/// How long a handshake may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client that is not let in may take to read why.
const TELLING: Duration = Duration::from_secs(1);

/// The first byte of everything that begins a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// The TLS of one listener.
#[derive(Clone)]
pub(crate) struct Acceptor {
    with: TlsAcceptor,
    timeout: Duration,
}

/// What became of a connection.
pub(crate) enum Arrived {
    /// The client may be served.
    Secure(Stream),
    /// The client speaks no TLS; nothing was read of what it says.
    Plain(TcpStream),
    /// It is over.
    Ended,
}

impl Acceptor {
    /// The TLS that a listener's URL asks for; `None` if its scheme does not.
    pub(crate) fn of(url: &Url, tls: &Tls, protocols: &[&[u8]]) -> Result<Option<Self>, Error> {
        if !secure::is_secure(url) {
            return secure::no_options(url).map(|()| None);
        }
        know(url, &["tls_cert", "tls_key", "tls_client_ca", "tls_timeout"])?;
        let timeout = match url.option("tls_timeout") {
            None => TIMEOUT,
            Some(text) => duration(text).ok_or_else(|| {
                Error::usage(format!(
                    "the option `tls_timeout` of `{url}` is a time such as 250ms or 10s, and not `{text}`"
                ))
            })?,
        };
        let tls = tls.at(url);
        let Some((cert, key)) = tls.identity(url)? else {
            return Err(Error::usage(format!(
                "to listen at `{url}` a certificate is needed: say --tls-cert FILE and --tls-key FILE, `tls_cert` and \
                 `tls_key` in the address, or `Builder::tls`"
            )));
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|cause| Error::usage(format!("TLS cannot be set up: {cause}")))?;
        let builder = match &tls.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let roots = Arc::new(files::authorities(files::CLIENT_CA, path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
                builder.with_client_cert_verifier(
                    verifier
                        .map_err(|cause| files::CLIENT_CA.wrong(path, format!("cannot be used: {cause}")))?,
                )
            }
        };
        let chain = files::certificates(files::CERT, cert)?;
        let mut config = builder.with_single_cert(chain, files::key(key)?).map_err(|cause| {
            files::CERT.wrong(cert, format!("and the key `{}` do not go together: {cause}", key.display()))
        })?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(Some(Acceptor { with: Arc::new(config).into(), timeout }))
    }

    /// Does the handshake, within its time. Dropping the future gives up.
    pub(crate) async fn open(&self, stream: TcpStream) -> Arrived {
        match clock::within(self.timeout, self.shake_hands(stream)).await {
            Some(Ok(opened)) => opened,
            Some(Err(cause)) => {
                tracing::debug!("a TLS handshake failed: {}", why::of_server(&cause));
                Arrived::Ended
            }
            None => {
                tracing::debug!("a TLS handshake took longer than {:?}", self.timeout);
                Arrived::Ended
            }
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> io::Result<Arrived> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(Arrived::Ended);
        }
        if first[0] != HANDSHAKE {
            return Ok(Arrived::Plain(stream));
        }
        match self.with.accept(stream).into_fallible().await {
            Ok(stream) => Ok(Arrived::Secure(Box::new(stream.into()))),
            Err((cause, mut stream)) => {
                // To close with bytes unread is a reset, which would take from the client why it is refused.
                let telling = async {
                    stream.shutdown().await?;
                    while stream.read(&mut [0; 1024]).await? > 0 {}
                    io::Result::Ok(())
                };
                let _ = clock::within(TELLING, telling).await;
                Err(cause)
            }
        }
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, factor) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s')?, 1000),
    };
    let ms = number.parse::<u64>().ok()?.checked_mul(factor)?;
    (1..=3_600_000).contains(&ms).then(|| Duration::from_millis(ms))
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acceptor").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
