//! tarpc over one connection, with JSON and with bincode, as its examples have it.

use ::tarpc::client::Config;
use ::tarpc::serde_transport;
use ::tarpc::server::{BaseChannel, Channel};
use ::tarpc::tokio_util::codec::{Framed, LengthDelimitedCodec};
use futures_util::StreamExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_serde::formats::{Bincode, Json};

use crate::drive::Op;
use crate::message::{Total, Whole, check};
use crate::process;

#[::tarpc::service]
trait Cart {
    async fn add(add: Whole) -> Total;
}

#[derive(Clone)]
struct Shop;

impl Cart for Shop {
    async fn add(self, _: ::tarpc::context::Context, add: Whole) -> Total {
        Total::of(add.qty, add.price)
    }
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Bincode,
}

macro_rules! serve_with {
    ($framed:expr, $format:expr) => {{
        let channel = BaseChannel::with_defaults(serde_transport::new($framed, $format));
        let answers = channel.execute(Shop.serve()).for_each(|answer| async move {
            tokio::spawn(answer);
        });
        tokio::spawn(answers);
    }};
}

pub(crate) async fn serve(format: Format) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    process::ready(listener.local_addr().expect("it is bound").port());
    while let Ok((stream, _)) = listener.accept().await {
        let framed = framed(stream);
        match format {
            Format::Json => serve_with!(framed, Json::default()),
            Format::Bincode => serve_with!(framed, Bincode::default()),
        }
    }
}

fn framed(stream: TcpStream) -> Framed<TcpStream, LengthDelimitedCodec> {
    stream.set_nodelay(true).expect("a socket can be told that");
    Framed::new(stream, LengthDelimitedCodec::new())
}

/// The client.
pub(crate) struct Tarpc(CartClient, Whole);

impl Tarpc {
    pub(crate) async fn open(port: u16, format: Format, message: Whole) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
        // Its own limits are too narrow for 512 in flight.
        let mut config = Config::default();
        (config.max_in_flight_requests, config.pending_request_buffer) = (4096, 1024);
        let framed = framed(stream);
        let client = match format {
            Format::Json => CartClient::new(config, serde_transport::new(framed, Json::default())).spawn(),
            Format::Bincode => {
                CartClient::new(config, serde_transport::new(framed, Bincode::default())).spawn()
            }
        };
        Tarpc(client, message)
    }
}

impl Op for Tarpc {
    async fn call(&self, _: usize) {
        let context = ::tarpc::context::current();
        check(self.0.add(context, self.1.clone()).await.expect("tarpc answers"));
    }
}
