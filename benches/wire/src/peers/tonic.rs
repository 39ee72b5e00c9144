//! tonic: unary calls over one connection.

use ::tonic::transport::server::TcpIncoming;
use ::tonic::transport::{Channel, Endpoint};
use ::tonic::{Request, Response, Status};
use tokio::net::TcpListener;

use crate::drive::Op;
use crate::message::{self, Whole, check};
use crate::process;

#[allow(missing_docs, unreachable_pub, clippy::pedantic)] // As its generator writes it.
mod generated {
    include!(concat!(env!("OUT_DIR"), "/bench.Cart.rs"));
}

use generated::cart_client::CartClient;
use generated::cart_server::{Cart, CartServer};

/// [`message::User`] for protobuf.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct User {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    tier: String,
}

/// [`Whole`] for protobuf.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Add {
    #[prost(string, tag = "1")]
    role: String,
    #[prost(string, tag = "2")]
    cmd: String,
    #[prost(string, tag = "3")]
    item: String,
    #[prost(uint32, tag = "4")]
    qty: u32,
    #[prost(double, tag = "5")]
    price: f64,
    #[prost(message, optional, tag = "6")]
    user: Option<User>,
    #[prost(string, tag = "7")]
    note: String,
}

/// [`message::Total`] for protobuf.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Total {
    #[prost(double, tag = "1")]
    total: f64,
    #[prost(uint32, tag = "2")]
    lines: u32,
}

struct Shop;

#[::tonic::async_trait]
impl Cart for Shop {
    async fn add(&self, request: Request<Add>) -> Result<Response<Total>, Status> {
        let Add { qty, price, .. } = request.into_inner();
        let message::Total { total, lines } = message::Total::of(qty, price);
        Ok(Response::new(Total { total, lines }))
    }
}

pub(crate) async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    process::ready(listener.local_addr().expect("it is bound").port());
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = ::tonic::transport::Server::builder().add_service(CartServer::new(Shop));
    server.serve_with_incoming(incoming).await.expect("it does not end");
}

/// The client.
pub(crate) struct Tonic(CartClient<Channel>, Add);

impl Tonic {
    pub(crate) async fn open(port: u16, message: Whole) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("a URL");
        let channel = endpoint.tcp_nodelay(true).connect().await.expect("the server listens");
        let Whole { role, cmd, item, qty, price, user, note } = message;
        let user = Some(User { id: user.id, tier: user.tier });
        Tonic(CartClient::new(channel), Add { role, cmd, item, qty, price, user, note })
    }
}

impl Op for Tonic {
    async fn call(&self, _: usize) {
        let reply = self.0.clone().add(self.1.clone()).await.expect("tonic answers");
        let Total { total, lines } = reply.into_inner();
        check(message::Total { total, lines });
    }
}
