//! The bus inside somebody else's server.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::{Request, Response};
use tower_service::Service;

use super::desk::Desk;
use crate::Bus;
use crate::message::Result;
use crate::transport::Exposed;
use crate::transport::http::settings::{Answering, seneca_errors};
use crate::transport::http::token::Token;

/// The bus as a [`tower_service::Service`], to be mounted in axum or served by hyper: it answers what a listener
/// answers, see the [module](crate::transport::http).
///
/// Connections, their limits and their ends are then the server's: give it time-outs, and let it shut down before the
/// bus does.
///
/// ```
/// # use matchbus::prelude::*;
/// use matchbus::transport::{Exposed, http};
///
/// #[service(role = "echo")]
/// fn echo(msg: Value) -> Value {
///     msg
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = Bus::with(matchbus::services![echo])?;
/// let service = http::service(&bus, &Exposed::All);
/// // axum::Router::new().nest_service("/bus", service)
/// # let _ = service; Ok(()) }
/// ```
pub fn service(bus: &Bus, exposed: &Exposed) -> HttpService {
    HttpService(Arc::new(Desk { door: bus.door(exposed, bus.compare()), answering: Answering::default() }))
}

/// See [`service`].
#[derive(Clone, Debug)]
pub struct HttpService(Arc<Desk>);

impl HttpService {
    /// The same, but it asks for `Authorization: Bearer` with this token.
    ///
    /// # Errors
    ///
    /// The token is empty or has characters that cannot be in a header.
    pub fn bearer(mut self, token: &str) -> Result<Self> {
        Arc::make_mut(&mut self.0).answering.tokens = Some(Token::new(token)?.into());
        Ok(self)
    }

    /// The same, with this status for errors that are told to Seneca clients of dialect A: 500, or one from 201 to 399
    /// to let them see errors.
    ///
    /// # Errors
    ///
    /// Another status.
    pub fn seneca_errors(mut self, status: u16) -> Result<Self> {
        Arc::make_mut(&mut self.0).answering.seneca_errors = seneca_errors(status)?;
        Ok(self)
    }
}

impl<B> Service<Request<B>> for HttpService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Send,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let desk = Arc::clone(&self.0);
        Box::pin(async move { desk.serve(request).await })
    }
}
