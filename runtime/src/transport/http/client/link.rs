//! A way to one process.

use std::fmt;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{HeaderMap, Method, Request, Uri};

use super::answer::{Answer, empty_error, plain};
use super::pool::Pool;
use crate::handler::BoxFuture;
use crate::message::{CallError, Error, ErrorReply};
use crate::transport::http::settings::{Dialect, Linking};
use crate::transport::http::{head, seneca};
use crate::transport::{Head, Link, Tls, Url};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_REPLY: HeaderValue = HeaderValue::from_static("respond-async");

/// See the [module](crate::transport::http).
pub(in crate::transport::http) struct HttpLink {
    url: Url,
    dialect: Dialect,
    pool: Pool,
    act: Uri,
    catalogue: Uri,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
}

impl HttpLink {
    pub(in crate::transport::http) fn new(url: &Url, tls: &Tls) -> Result<Self, Error> {
        let settings = Linking::of(url, tls)?;
        let port = settings.dialect.default_port(url);
        let path = if matches!(url.path(), "" | "/") { "/act" } else { url.path() };
        // What is asked for beside messages lies beside the path that they are posted to.
        let beside = path.trim_end_matches('/').rsplit_once('/').map_or("", |(beside, _)| beside);
        let path_of = |path: &str| {
            let path: PathAndQuery = path
                .parse()
                .map_err(|cause| Error::usage(format!("`{url}` has a path that is none: {cause}")))?;
            Ok::<_, Error>(Uri::from(path))
        };
        let host = url.authority(port).parse::<Authority>().ok();
        let host = host.and_then(|host| HeaderValue::from_str(host.as_str()).ok());
        let host =
            host.ok_or_else(|| Error::usage(format!("the host of `{url}` has characters that no host has")))?;
        Ok(HttpLink {
            url: url.clone(),
            dialect: settings.dialect,
            pool: Pool::new(
                url.authority(port),
                settings.connections,
                settings.most_connections,
                settings.tls,
            ),
            act: path_of(path)?,
            catalogue: path_of(&format!("{beside}/catalogue"))?,
            host,
            authorization: settings.token.and_then(|token| token.header()),
        })
    }

    fn request(&self, method: Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        request
    }

    async fn post(&self, message: &[u8], head: &Head, waits: bool) -> Result<Answer, Error> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, JSON);
        head::write(&mut headers, head)?;
        let body = match self.dialect {
            Dialect::Plain => {
                if !waits && !head.published {
                    headers.insert("prefer", NO_REPLY);
                }
                Bytes::copy_from_slice(message)
            }
            dialect => seneca::request(dialect, message, head, waits, &mut headers)?.into(),
        };
        self.pool.exchange(self.request(Method::POST, &self.act, headers, body)).await
    }

    async fn get_catalogue(&self) -> Result<Option<Vec<u8>>, Error> {
        if self.dialect != Dialect::Plain {
            return Ok(None);
        }
        let request = self.request(Method::GET, &self.catalogue, HeaderMap::new(), Bytes::new());
        let answer = self.pool.exchange(request).await?;
        if answer.status.as_u16() == 404 && !answer.is_ours() {
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

impl Link for HttpLink {
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(async move {
            let answer = self.post(message, head, true).await?;
            if let Some(receipt) = &head.receipt
                && answer.headers.contains_key(head::REPLAYED)
            {
                receipt.replayed();
            }
            self.read(answer)
        })
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
        f.debug_struct("HttpLink").field("url", &self.url).finish_non_exhaustive()
    }
}
