//! One request in, one response out; the same for a connection of ours and for a router that we are mounted in.

use std::convert::Infallible;

use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::failure::{Failure, Kind};
use super::{body, pages};
use crate::message::{ErrorKind, Outcome, Receipt};
use crate::transport::http::head;
use crate::transport::http::seneca::{self, Asked};
use crate::transport::http::settings::Answering;
use crate::transport::{Door, Head};

pub(super) type Reply = Response<Bytes>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Where requests are answered.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) door: Door,
    pub(super) answering: Answering,
}

impl Desk {
    pub(super) async fn serve<B: Body>(
        &self,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(self.reply_to(request).await.map(Full::new))
    }

    /// As [`serve`](Desk::serve), for a connection of ours, on which the host is ours to look at.
    pub(super) async fn serve_itself<B: Body>(
        &self,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let hosts = request.headers().get_all(header::HOST).iter().count();
        if request.version() == Version::HTTP_11 && hosts != 1 {
            return Ok(self.refuse(request.headers(), &Failure::no_host()).map(Full::new));
        }
        self.serve(request).await
    }

    async fn reply_to<B: Body>(&self, request: Request<B>) -> Reply {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        match path {
            "/act" | "/" | "" => {
                if parts.method == Method::POST {
                    self.act(parts, body).await
                } else {
                    wrong_method(path, "POST", "post the message as JSON: curl -d '{\"role\":\"…\"}' …")
                }
            }
            "/health" | "/ready" | "/metrics" | "/catalogue" => match parts.method {
                Method::GET => self.page(path, &parts.headers),
                Method::HEAD => {
                    let mut reply = self.page(path, &parts.headers);
                    *reply.body_mut() = Bytes::new();
                    reply
                }
                _ => wrong_method(path, "GET, HEAD", "read it with GET"),
            },
            _ => plain_failure(&Failure::refused(
                StatusCode::NOT_FOUND,
                ErrorKind::Usage,
                "there is nothing at this path; there is: POST /act, GET /health, /ready, /metrics and /catalogue",
            )),
        }
    }

    fn page(&self, path: &str, headers: &HeaderMap) -> Reply {
        match path {
            "/health" => reply(StatusCode::OK, JSON, r#"{"status":"alive"}"#),
            "/ready" if self.door.is_ready() => reply(StatusCode::OK, JSON, r#"{"status":"ready"}"#),
            "/ready" => reply(StatusCode::SERVICE_UNAVAILABLE, JSON, r#"{"status":"not ready"}"#),
            "/metrics" => {
                let text = pages::metrics(&self.door.flows(), self.door.is_ready());
                reply(StatusCode::OK, METRICS, text)
            }
            _ => match self.admit(headers) {
                Ok(()) => reply(StatusCode::OK, JSON, self.door.catalogue()),
                Err(failure) => plain_failure(&failure),
            },
        }
    }

    async fn act<B: Body>(&self, parts: Parts, body: B) -> Reply {
        let taken =
            match self.admit(&parts.headers).and_then(|()| no_query(&parts)).and_then(|()| no_coding(&parts))
            {
                Ok(()) => body::read(body, self.door.limits().max_bytes(), self.answering.body).await,
                Err(failure) => Err(failure),
            };
        let bytes = match taken {
            Ok(bytes) => bytes,
            Err(failure) => {
                let mut reply = self.refuse(&parts.headers, &failure);
                if parts.version >= Version::HTTP_2 {
                    reply.headers_mut().remove(header::CONNECTION);
                }
                return reply;
            }
        };
        self.answer(&parts.headers, &bytes).await
    }

    /// What a request is told whose body is not read.
    #[cold]
    pub(super) fn refuse(&self, headers: &HeaderMap, failure: &Failure) -> Reply {
        let mut reply = self.fail(&Asked::without_body(headers), failure);
        // What is left of the body may never come: nothing can follow it on this connection.
        reply.headers_mut().insert(header::CONNECTION, CLOSE);
        reply
    }

    /// Answers a message that has come whole, and may come.
    pub(super) async fn answer(&self, headers: &HeaderMap, bytes: &[u8]) -> Reply {
        let asked = Asked::of(headers, bytes, self.door.limits());
        if bytes.is_empty() {
            return self.fail(&asked, &empty());
        }
        match head::read(headers, self.answering.most_budget) {
            Ok(head) => self.answer_to(asked, bytes, head, headers).await,
            Err(error) => self.fail(&asked, &error.into()),
        }
    }

    async fn answer_to(&self, asked: Asked, bytes: &[u8], mut head: Head, headers: &HeaderMap) -> Reply {
        match asked {
            Asked::Plain if head.published || wants_no_reply(headers) => {
                match self.door.send(bytes, head).await {
                    Ok(()) => taken_in(),
                    Err(error) => plain_failure(&error.into()),
                }
            }
            Asked::Plain => {
                let receipt = self.door.remembers().then(Receipt::new);
                head.receipt.clone_from(&receipt);
                let mut reply = match self.door.call(bytes, head).await {
                    Ok(bytes) => done(bytes),
                    Err(error) => plain_failure(&error.into()),
                };
                if receipt.is_some_and(|receipt| receipt.is_replayed()) {
                    reply.headers_mut().insert(head::REPLAYED, HeaderValue::from_static("true"));
                }
                reply
            }
            mut asked => {
                let Some(read) = seneca::read(&mut asked, bytes, head, self.door.limits(), &self.answering)
                else {
                    // No message: the bus says and counts why.
                    let refused = self.door.call(bytes, Head::default()).await;
                    return match refused {
                        Ok(bytes) => Self::seneca_reply(&asked, bytes),
                        Err(error) => self.fail(&asked, &error.into()),
                    };
                };
                let result = if read.sync {
                    self.door.call(&read.message, read.head).await.map_err(Failure::from)
                } else {
                    self.door
                        .send(&read.message, read.head)
                        .await
                        .map(|()| b"null".to_vec())
                        .map_err(Failure::from)
                };
                match (result, read.default) {
                    (Ok(bytes), _) => Self::seneca_reply(&asked, bytes),
                    (Err(Failure { kind: Kind::Bus(ErrorKind::NoHandler), .. }), Some(default)) => {
                        Self::seneca_reply(&asked, default.into_bytes())
                    }
                    (Err(failure), _) => self.fail(&asked, &failure),
                }
            }
        }
    }

    fn seneca_reply(asked: &Asked, bytes: Vec<u8>) -> Reply {
        let mut reply = done(asked.wrap(bytes));
        asked.mark(reply.headers_mut());
        reply
    }

    /// The failure in the form of who asked.
    #[cold]
    fn fail(&self, asked: &Asked, failure: &Failure) -> Reply {
        let mut reply = plain_failure(failure);
        if let Some(body) = asked.failed(failure) {
            *reply.status_mut() = asked.error_status(self.answering.seneca_errors, failure);
            *reply.body_mut() = body.into();
            asked.mark(reply.headers_mut());
        }
        reply
    }

    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Box<Failure>> {
        let Some(tokens) = &self.answering.tokens else { return Ok(()) };
        // Of two, somebody before us may have looked at the other one.
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        if tokens.fit(given.next()) && given.next().is_none() {
            return Ok(());
        }
        Err(Failure::refused(
            StatusCode::UNAUTHORIZED,
            ErrorKind::Refused,
            "this listener wants one header `Authorization: Bearer TOKEN`, and it is not there or has another token; a \
             caller's address says it by `?token_env=NAME` or before an `@`",
        ))
    }
}

fn no_query(parts: &Parts) -> Result<(), Box<Failure>> {
    if parts.uri.query().is_none_or(str::is_empty) {
        return Ok(());
    }
    Err(Failure::refused(
        StatusCode::BAD_REQUEST,
        ErrorKind::Usage,
        "the address has a query, which is no part of a message here; put its keys into the body",
    ))
}

/// A body that is packed is refused by its header, since its bytes would only be no JSON (RFC 9110, 15.5.16).
fn no_coding(parts: &Parts) -> Result<(), Box<Failure>> {
    let is_plain = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if parts.headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return Ok(());
    }
    Err(Failure::refused(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Malformed,
        "the body has a `Content-Encoding`, and this listener unpacks none; send the JSON as it is",
    ))
}

fn wants_no_reply(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case("respond-async")))
}

fn empty() -> Box<Failure> {
    Failure::refused(
        StatusCode::BAD_REQUEST,
        ErrorKind::Malformed,
        "the body is empty: send the message as one JSON object, as in curl -d '{\"role\":\"…\"}' …",
    )
}

fn reply(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, content_type);
    reply
}

fn with_outcome(mut reply: Reply, outcome: Outcome) -> Reply {
    reply.headers_mut().insert(head::OUTCOME, HeaderValue::from_static(outcome.as_str()));
    reply
}

fn done(bytes: Vec<u8>) -> Reply {
    with_outcome(reply(StatusCode::OK, JSON, bytes), Outcome::Done)
}

/// Nobody knows yet how it ends.
fn taken_in() -> Reply {
    let mut reply = Response::new(Bytes::new());
    *reply.status_mut() = StatusCode::ACCEPTED;
    with_outcome(reply, Outcome::Unknown)
}

#[cold]
fn plain_failure(failure: &Failure) -> Reply {
    let mut reply = with_outcome(reply(failure.status, JSON, failure.to_json()), failure.outcome);
    let headers = reply.headers_mut();
    let whose = if failure.kind == Kind::Service { "service" } else { "bus" };
    headers.insert(head::ERROR, HeaderValue::from_static(whose));
    match failure.status {
        StatusCode::SERVICE_UNAVAILABLE => {
            drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")));
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    reply
}

#[cold]
fn wrong_method(path: &str, allowed: &'static str, cure: &str) -> Reply {
    let path = if path.is_empty() { "/" } else { path };
    let text = format!("`{path}` is not asked like this; {cure}");
    let mut reply = plain_failure(&Failure::refused(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::Usage, text));
    reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    reply
}
