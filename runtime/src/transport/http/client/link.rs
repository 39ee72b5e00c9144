//! A way to one process.

use std::fmt;

use hyper::http::uri::{Authority, PathAndQuery};

use super::answer::{Answer, empty_error, plain};
use super::pool::Pool;
use crate::handler::BoxFuture;
use crate::message::{CallError, Error, ErrorReply};
use crate::transport::http::settings::{Dialect, Linking};
use crate::transport::http::{head, seneca};
use crate::transport::{Head, Link, Tls, Url};

/// See the [module](crate::transport::http).
pub(in crate::transport::http) struct HttpLink {
    dialect: Dialect,
    pool: Pool,
    /// What every request begins with that posts a message.
    act: Vec<u8>,
    /// The whole request for the catalogue.
    catalogue: Vec<u8>,
}

impl HttpLink {
    pub(in crate::transport::http) fn new(url: &Url, tls: &Tls) -> Result<Self, Error> {
        let settings = Linking::of(url, tls)?;
        let port = settings.dialect.default_port(url);
        let path = if matches!(url.path(), "" | "/") { "/act" } else { url.path() };
        // What is asked for beside messages lies beside the path that they are posted to.
        let beside = path.trim_end_matches('/').rsplit_once('/').map_or("", |(beside, _)| beside);
        let host = url.authority(port).parse::<Authority>().ok();
        let host =
            host.ok_or_else(|| Error::usage(format!("the host of `{url}` has characters that no host has")))?;
        let start = |method: &str, path: &str| {
            let path: PathAndQuery = path
                .parse()
                .map_err(|cause| Error::usage(format!("`{url}` has a path that is none: {cause}")))?;
            let mut lines = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
            head::field(&mut lines, "host", &host);
            if let Some(token) = &settings.token {
                head::field(&mut lines, "authorization", token.to_header());
            }
            Ok::<_, Error>(lines)
        };
        let mut act = start("POST", path)?;
        head::field(&mut act, "content-type", "application/json");
        let mut catalogue = start("GET", &format!("{beside}/catalogue"))?;
        catalogue.extend_from_slice(END);
        Ok(HttpLink {
            dialect: settings.dialect,
            pool: Pool::new(
                url.clone(),
                url.authority(port),
                settings.connections,
                settings.most_connections,
                settings.tls,
            ),
            act,
            catalogue,
        })
    }

    /// `waits` for the reply, or only for the word that the message was taken in.
    async fn post(&self, message: &[u8], head: &Head, waits: bool) -> Result<Answer, Error> {
        // Most have an id, a trace and a budget beside them.
        let mut request = Vec::with_capacity(self.act.len() + 256 + message.len());
        request.extend_from_slice(&self.act);
        head::write(&mut request, head);
        match self.dialect {
            Dialect::Plain => {
                if !waits && !head.published {
                    head::field(&mut request, "prefer", "respond-async");
                }
                with_body(&mut request, message);
            }
            dialect => {
                let body = seneca::request(dialect, message, head, waits, &mut request)?;
                with_body(&mut request, &body);
            }
        }
        self.pool.exchange(&request, head.budget.filter(|_| waits)).await
    }

    async fn get_catalogue(&self) -> Result<Option<Vec<u8>>, Error> {
        if self.dialect != Dialect::Plain {
            return Ok(None);
        }
        let answer = self.pool.exchange(&self.catalogue, None).await?;
        if answer.status.as_u16() == 404 && !answer.told.is_ours {
            return Ok(None);
        }
        plain(answer).map(Some).map_err(Error::from)
    }

    fn read(&self, answer: Answer) -> Result<Vec<u8>, CallError<ErrorReply>> {
        let of_seneca = match self.dialect {
            Dialect::Plain => return plain(answer),
            Dialect::A => seneca::reply_of_a,
            Dialect::B => seneca::reply_of_b,
        };
        let (status, body) = (answer.status, answer.into_body()?);
        of_seneca(status.as_u16(), body)
            .unwrap_or_else(|| Err(empty_error(status, "and what came is no answer of a Seneca").into()))
    }
}

/// Ends a head.
const END: &[u8] = b"\r\n";

fn with_body(request: &mut Vec<u8>, body: &[u8]) {
    head::field(request, "content-length", body.len());
    request.extend_from_slice(END);
    request.extend_from_slice(body);
}

impl Link for HttpLink {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move {
            let answer = self.post(message, head, true).await?;
            if let Some(receipt) = &head.receipt
                && answer.told.is_replayed
            {
                receipt.replayed();
            }
            self.read(answer)
        })
    }

    fn keeps_time(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let answer = self.post(message, head, false).await?;
            self.read(answer).map(drop).map_err(Error::from)
        })
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
        Box::pin(self.get_catalogue())
    }
}

impl fmt::Debug for HttpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLink").field("url", self.pool.url()).finish_non_exhaustive()
    }
}
