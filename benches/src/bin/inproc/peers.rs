//! What it is compared with.

use std::any::Any;
use std::convert::Infallible;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use kameo::actor::{ActorRef, Spawn};
use tarpc::server::Channel;
use tokio::sync::{mpsc, oneshot};
use tower::util::BoxService;
use tower::{Service, ServiceExt, service_fn};

use crate::drive::Op;
use crate::message::{self, Add, Total, add, lent};

type Handler = Arc<
    dyn for<'a> Fn(&'a (dyn Any + Send + Sync), &'a mut (dyn Any + Send)) -> BoxFuture<'a, ()> + Send + Sync,
>;

/// The least that a handler whose type is not known can cost: one boxed future.
pub(crate) struct Boxed(Handler, Add);

impl Boxed {
    pub(crate) fn new() -> Self {
        let handler: Handler = Arc::new(|message, reply| {
            let message = message.downcast_ref::<Add>().expect("the type is known here");
            Box::pin(async move {
                let slot = reply.downcast_mut::<Option<Total>>().expect("the type is known here");
                *slot = Some(lent::add(message).await);
            })
        });
        Boxed(black_box(handler), message::example())
    }
}

impl Op for Boxed {
    async fn call(&self, _: usize) {
        let mut reply: Option<Total> = None;
        (self.0)(black_box(&self.1), &mut reply).await;
        let _ = black_box(reply.expect("the handler answered"));
    }
}

/// tower's boxed service; one for each lane, since a call needs it mutable.
pub(crate) struct Tower(Vec<Mutex<BoxService<Add, Total, Infallible>>>, Add);

impl Tower {
    pub(crate) fn new() -> Self {
        let service = || BoxService::new(service_fn(|message| async move { Ok(add(message).await) }));
        Tower((0..64).map(|_| Mutex::new(service())).collect(), message::example())
    }
}

impl Op for Tower {
    async fn call(&self, lane: usize) {
        let message = black_box(&self.1).clone();
        let reply = self.0[lane].lock().unwrap_or_else(PoisonError::into_inner).call(message);
        let _ = black_box(reply.await.expect("the handler cannot fail"));
    }
}

/// A task that is sent messages, each with a way back.
pub(crate) struct Channels(mpsc::Sender<(Add, oneshot::Sender<Total>)>, Add);

impl Channels {
    pub(crate) fn new() -> Self {
        let (sender, mut receiver) = mpsc::channel::<(Add, oneshot::Sender<Total>)>(1024);
        drop(tokio::spawn(async move {
            while let Some((message, reply)) = receiver.recv().await {
                let _ = reply.send(add(message).await);
            }
        }));
        Channels(sender, message::example())
    }
}

impl Op for Channels {
    async fn call(&self, _: usize) {
        let (sender, reply) = oneshot::channel();
        self.0.send((black_box(&self.1).clone(), sender)).await.expect("the task runs");
        let _ = black_box(reply.await.expect("the task answers"));
    }
}

#[derive(kameo::Actor)]
struct CartActor;

struct Ask(Add);

#[derive(kameo::Reply)]
struct Answer(Total);

impl kameo::message::Message<Ask> for CartActor {
    type Reply = Answer;

    async fn handle(&mut self, message: Ask, _: &mut kameo::message::Context<Self, Answer>) -> Answer {
        Answer(add(message.0).await)
    }
}

/// kameo's `ask`.
pub(crate) struct Kameo(ActorRef<CartActor>, Add);

impl Kameo {
    pub(crate) fn new() -> Self {
        Kameo(CartActor::spawn(CartActor), message::example())
    }
}

impl Op for Kameo {
    async fn call(&self, _: usize) {
        let reply = self.0.ask(Ask(black_box(&self.1).clone())).await;
        let _ = black_box(reply.unwrap_or_else(|_| unreachable!("the actor answers")).0);
    }
}

#[tarpc::service]
trait Cart {
    async fn add(message: Add) -> Total;
}

#[derive(Clone)]
struct CartServer;

impl Cart for CartServer {
    async fn add(self, _: tarpc::context::Context, message: Add) -> Total {
        add(message).await
    }
}

/// tarpc's transport within a process.
pub(crate) struct Tarpc(CartClient, Add);

impl Tarpc {
    pub(crate) fn new() -> Self {
        let (client, server) = tarpc::transport::channel::unbounded();
        let server = tarpc::server::BaseChannel::with_defaults(server).execute(CartServer.serve());
        drop(tokio::spawn(server.for_each(|reply| async move { drop(tokio::spawn(reply)) })));
        Tarpc(CartClient::new(tarpc::client::Config::default(), client).spawn(), message::example())
    }
}

impl Op for Tarpc {
    async fn call(&self, _: usize) {
        let message = black_box(&self.1).clone();
        let _ = black_box(self.0.add(tarpc::context::current(), message).await.expect("the server answers"));
    }
}

/// Bytes in, bytes out, without any routing: what must be done anyway.
pub(crate) struct Unrouted(Vec<u8>);

impl Unrouted {
    pub(crate) fn new() -> Self {
        Unrouted(message::example_bytes())
    }
}

impl Op for Unrouted {
    async fn call(&self, _: usize) {
        let message: Add = serde_json::from_slice(black_box(&self.0)).expect("the bytes are the message");
        drop(black_box(serde_json::to_vec(&add(message).await).expect("the reply is JSON")));
    }
}

/// axum's router called directly, without a socket.
pub(crate) struct Axum(Router, axum::body::Bytes);

impl Axum {
    pub(crate) fn new() -> Self {
        let mut router = Router::new();
        for n in 0..100 {
            let handler = |Json(message): Json<Add>| async move { Json(add(message).await) };
            router = router.route(&format!("/svc/r{n}"), post(handler));
        }
        Axum(router, message::example_bytes().into())
    }
}

impl Op for Axum {
    async fn call(&self, _: usize) {
        let request = Request::post("/svc/r57").header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(self.1.clone())).expect("the request is well-formed");
        let Ok(reply) = self.0.clone().oneshot(request).await;
        assert!(reply.status().is_success());
        drop(black_box(reply.into_body().collect().await.expect("the body is there").to_bytes()));
    }
}
