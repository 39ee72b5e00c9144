use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::{Stream, Tls, files, know, provider, why};
use crate::message::Error;
use crate::seam::net::TcpStream;
use crate::transport::{Url, secure};

/// The TLS of one link.
#[derive(Clone)]
pub(crate) struct Connector {
    with: TlsConnector,
    name: ServerName<'static>,
    /// For texts.
    ca: String,
    /// Whether it has a certificate to show.
    shows: bool,
}

impl Connector {
    /// The TLS that a link's URL asks for; `None` if its scheme does not.
    pub(crate) fn of(url: &Url, tls: &Tls, protocols: &[&[u8]]) -> Result<Option<Self>, Error> {
        if !secure::is_secure(url) {
            return secure::no_options(url).map(|()| None);
        }
        know(url, &["tls_cert", "tls_key", "tls_ca", "tls_name"])?;
        let tls = tls.at(url);
        let Some(ca) = &tls.ca else {
            return Err(Error::usage(format!(
                "to call `{url}` a CA is needed that its certificate comes from: say --tls-ca FILE, `tls_ca` in the \
                 address, or `Builder::tls`; for the public ones the system's bundle, often \
                 /etc/ssl/certs/ca-certificates.crt"
            )));
        };
        let name = url.option("tls_name").unwrap_or(url.host());
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            Error::usage(format!("`{name}` of `{url}` is no host name that a certificate could have"))
        })?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|cause| Error::usage(format!("TLS cannot be set up: {cause}")))?
            .with_root_certificates(files::authorities(files::CA, ca)?);
        let identity = tls.identity(url)?;
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = files::certificates(files::CERT, cert)?;
                builder.with_client_auth_cert(chain, files::key(key)?).map_err(|cause| {
                    let what = format!("and the key `{}` do not go together: {cause}", key.display());
                    files::CERT.wrong(cert, what)
                })?
            }
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let (ca, shows) = (ca.display().to_string(), identity.is_some());
        Ok(Some(Connector { with: Arc::new(config).into(), name, ca, shows }))
    }

    /// Does the handshake; an error's text has the cure. Whoever waits says how long.
    pub(crate) async fn secure(&self, stream: TcpStream) -> io::Result<Stream> {
        match self.with.connect(self.name.clone(), stream).await {
            Ok(stream) => Ok(Box::new(stream.into())),
            Err(cause) => Err(io::Error::new(cause.kind(), why::of_client(&cause, &self.ca, self.shows))),
        }
    }

    /// Why the other side did not let this one in, if that is what ended the connection: then it has read nothing.
    pub(crate) fn refused(&self, error: &(dyn std::error::Error + 'static)) -> Option<String> {
        why::refused(error, self.shows)
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("name", &self.name).field("ca", &self.ca).finish_non_exhaustive()
    }
}
