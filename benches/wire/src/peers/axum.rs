//! axum with `Json` among a hundred routes, called by reqwest and by hyper-util's client.

use ::axum::routing::post;
use ::axum::serve::ListenerExt;
use ::axum::{Json, Router};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use crate::drive::Op;
use crate::message::{Total, Whole, check, decode, encode};
use crate::process;

/// The path that is called.
pub(crate) const PATH: &str = "/cart/c57";

/// More than are ever in flight: nobody waits for a connection.
const KEPT: usize = 1024;

pub(crate) async fn serve() {
    let mut router = Router::new();
    for n in 0..100 {
        let handler = |Json(add): Json<Whole>| async move { Json(Total::of(add.qty, add.price)) };
        router = router.route(&format!("/cart/c{n}"), post(handler));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    process::ready(listener.local_addr().expect("it is bound").port());
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    ::axum::serve(listener, router).await.expect("it does not end");
}

/// reqwest.
pub(crate) struct Reqwest(reqwest::Client, String, Whole);

impl Reqwest {
    pub(crate) fn new(port: u16, message: Whole) -> Self {
        let client = reqwest::Client::builder().tcp_nodelay(true).no_proxy().pool_max_idle_per_host(KEPT);
        Reqwest(client.build().expect("nothing unusual is asked for"), url(port), message)
    }
}

impl Op for Reqwest {
    async fn call(&self, _: usize) {
        let reply = self.0.post(&self.1).json(&self.2).send().await.expect("axum answers");
        check(reply.json::<Total>().await.expect("axum answers with a total"));
    }
}

/// hyper-util's client, with its pool.
pub(crate) struct HyperUtil(Client<HttpConnector, Full<Bytes>>, String, Whole);

impl HyperUtil {
    pub(crate) fn new(port: u16, message: Whole) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(KEPT).build(connector);
        HyperUtil(client, url(port), message)
    }
}

impl Op for HyperUtil {
    async fn call(&self, _: usize) {
        let request = Request::post(&self.1)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(encode(&self.2))))
            .expect("the request is well formed");
        let reply = self.0.request(request).await.expect("axum answers");
        assert!(reply.status().is_success());
        check(decode(&reply.into_body().collect().await.expect("axum answers wholly").to_bytes()));
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}{PATH}")
}
