use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use tokio::sync::oneshot;
use tower_layer::Layer;
use tower_service::Service;

use crate::handler::BoxFuture;
use crate::message::{Error, ErrorKind, Meta, Outcome, Text};
use crate::seam::clock::{self, Instant};

/// Where a layer of yours stands among matchbus's own, which are fixed: deadline, concurrency limit, panic guard,
/// validation, handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum At {
    /// Once for each message that comes from outside of any handler, before everything else, in the process whose handler
    /// answers it. A message that goes from here straight to another process has no handler here, and so meets the layers
    /// of that process and none of these.
    Edge,
    /// Once for each message that a handler of this process is given, inside its deadline and concurrency limit.
    Handler,
}

/// What a [`tower_layer::Layer`] sees of a message on its way in: who it is for and its meta data.
///
/// The body is not here: it stays where it is, typed or not, so that a layer costs no copy.
#[derive(Debug)]
pub struct Request {
    meta: Meta,
    service: Text,
    handler: Text,
    gate: Gate,
}

impl Request {
    /// The message's meta data.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The pattern of the handler that was chosen.
    pub fn pattern(&self) -> &str {
        self.meta.pattern()
    }

    /// The service that the handler belongs to.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The handler's name.
    pub fn handler(&self) -> &str {
        &self.handler
    }
}

/// What a layer sees of a message on its way out: how it ended.
#[derive(Clone, Debug)]
pub struct Response {
    failure: Option<Error>,
}

impl Response {
    /// The failure, unless the handler ran to its end.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }
}

/// An error of any type, as tower's layers have it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The service that a layer is put around: it opens the way for the handler and ends when the handler has ended.
#[derive(Clone)]
pub struct Inner(Arc<dyn Erased>);

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inner")
    }
}

impl Service<Request> for Inner {
    type Response = Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Waker<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.call(request)
    }
}

/// A stack of layers at one place.
#[derive(Clone, Debug)]
pub(crate) struct Layers(Inner);

/// A layer before it is put around anything.
pub(crate) type Wrap = Arc<dyn Fn(Inner) -> Inner + Send + Sync>;

/// Makes a layer of any type one that can be kept in a list.
pub(crate) fn wrap<L>(layer: L) -> Wrap
where
    L: Layer<Inner> + Send + Sync + 'static,
    L::Service: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send,
{
    Arc::new(move |inner| Inner(Arc::new(Layered(layer.layer(inner)))))
}

impl Layers {
    /// The layers of one place, the first one outermost.
    pub(crate) fn stack<'a>(layers: impl DoubleEndedIterator<Item = &'a Wrap>) -> Option<Self> {
        let mut layers = layers.rev().peekable();
        layers.peek()?;
        Some(Layers(layers.fold(Inner(Arc::new(Door)), |inner, wrap| wrap(inner))))
    }

    /// Runs `handler` when the layers let the message through, and gives up on it when they do. Layers have no more time
    /// than the message (rule R4); `run` ends by itself at the deadline.
    pub(crate) async fn around(
        &self,
        meta: Meta,
        (service, handler): (Text, Text),
        deadline: Instant,
        mut run: Pin<&mut (dyn Future<Output = Result<(), Error>> + Send)>,
    ) -> Result<(), Error> {
        let (open, opened) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let mut stack = self.0.0.call(Request { meta, service, handler, gate: Gate { open, ended } });
        tokio::select! {
            biased;
            Ok(()) = opened => {}
            early = &mut stack => return Err(refusal(early)),
            () = clock::sleep_until(deadline) => return Err(held_back()),
        }
        let result = tokio::select! {
            biased;
            result = &mut run => result,
            early = &mut stack => return Err(gave_up(early)),
        };
        // A layer that no longer waits is not told; that is its business.
        let _ = end.send(Response { failure: result.as_ref().err().cloned() });
        let said = tokio::select! {
            biased;
            said = stack => said,
            // The handler ended in time; that a layer did not does not undo it.
            () = clock::sleep_until(deadline) => return result,
        };
        match said {
            Ok(_) => result,
            Err(cause) => match cause.downcast::<Error>() {
                Ok(error) => Err(after(*error, &result)),
                // The handler ran; what a layer thinks of it afterwards does not undo that.
                Err(_) => result,
            },
        }
    }
}

/// The way from the innermost service to the handler, which waits beside the stack.
#[derive(Debug)]
struct Gate {
    open: oneshot::Sender<()>,
    ended: oneshot::Receiver<Response>,
}

/// The innermost service.
struct Door;

trait Erased: Send + Sync {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Response, BoxError>>;
}

impl Erased for Door {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Response, BoxError>> {
        Box::pin(async move {
            let gone = || Box::<dyn std::error::Error + Send + Sync>::from("the caller went away");
            request.gate.open.send(()).map_err(|()| gone())?;
            request.gate.ended.await.map_err(|_| gone())
        })
    }
}

struct Layered<S>(S);

impl<S> Erased for Layered<S>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Response, BoxError>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|waker| service.poll_ready(waker)).await.map_err(Into::into)?;
            service.call(request).await.map_err(Into::into)
        })
    }
}

/// The layers ended before the handler began.
#[cold]
fn refusal(early: Result<Response, BoxError>) -> Error {
    match early {
        Ok(_) => Error::refused("a layer answered without letting the message through"),
        Err(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => Error::refused(format!("a layer refused the message: {cause}")),
        },
    }
}

/// A layer's own error for a message whose handler has ended: what it says of the outcome is not for it to say. A refusal says
/// that no handler ran, and whoever believes it sends the message again.
#[cold]
fn after(error: Error, result: &Result<(), Error>) -> Error {
    let outcome = result.as_ref().map_or_else(Error::outcome, |()| Outcome::Done);
    if error.outcome() == Outcome::NotDone { error.with_outcome(outcome) } else { error }
}

/// The layers were not ready, or had something else to do, until the deadline.
#[cold]
fn held_back() -> Error {
    Error::new(
        ErrorKind::Deadline,
        Outcome::NotDone,
        "a layer held the message back until its deadline; the handler did not run",
    )
}

/// The layers ended while the handler ran.
#[cold]
fn gave_up(early: Result<Response, BoxError>) -> Error {
    let why = match early {
        Ok(_) => "it answered".to_owned(),
        Err(cause) => cause.to_string(),
    };
    Error::new(
        ErrorKind::Deadline,
        Outcome::Unknown,
        format!("a layer gave up on the running handler, which was cancelled: {why}"),
    )
}
