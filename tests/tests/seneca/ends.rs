//! A matchbus that a Seneca calls and a Seneca that a matchbus calls, in each of Seneca's dialects.

use std::sync::Arc;
use std::time::Duration;

use matchbus::prelude::*;
use matchbus::transport::http::Http;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Exposed, Head, Link, Listener, Transport, Url};
use matchbus::{ErrorReply, services};
use matchbus_tests::node::{Node, free_port};

use crate::node;
use crate::services::{Seen, count, echo, fail, hang, log, shape, sum};

/// One of Seneca's ways to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    A,
    B,
    C,
}

impl Dialect {
    /// For the programs in `interop/seneca`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::A => "a",
            Dialect::B => "b",
            Dialect::C => "c",
        }
    }

    /// Where to listen for it, so that the Seneca sees errors.
    pub(crate) fn listen(self) -> &'static str {
        match self {
            Dialect::A => "http://127.0.0.1:0?seneca_errors=299",
            Dialect::B => "http://127.0.0.1:0",
            Dialect::C => "tcp://127.0.0.1:0",
        }
    }

    /// The schemes of a Seneca's address; the first one is the usual.
    pub(crate) fn schemes(self) -> &'static [&'static str] {
        match self {
            Dialect::A => &["seneca+http"],
            Dialect::B => &["seneca+web"],
            Dialect::C => &["seneca+tcp", "tcp"],
        }
    }
}

/// A matchbus that a Seneca calls.
pub(crate) struct Called {
    pub(crate) seen: Arc<Seen>,
    pub(crate) bus: Bus,
    pub(crate) listener: Listener,
}

impl Called {
    pub(crate) async fn at(url: &str) -> Self {
        let seen = Arc::new(Seen::default());
        let bus = Bus::builder()
            .services(services![sum, echo, fail, shape, log, count, hang])
            .shared_state(Arc::clone(&seen))
            .timeout(Duration::from_millis(500))
            .start()
            .unwrap();
        let listener = bus.listen(&url.parse().unwrap(), &Exposed::All).await.unwrap();
        Called { seen, bus, listener }
    }

    pub(crate) async fn by(dialect: Dialect) -> (Self, Node) {
        let called = Called::at(dialect.listen()).await;
        let seneca = called.seneca(dialect).await;
        (called, seneca)
    }

    /// A Seneca that calls it.
    pub(crate) async fn seneca(&self, dialect: Dialect) -> Node {
        node::start("client.js", dialect.name(), self.listener.url().port().unwrap()).await
    }
}

/// A Seneca that a matchbus calls.
pub(crate) struct Answering {
    _node: Node,
    pub(crate) url: Url,
    pub(crate) link: Arc<dyn Link>,
}

impl Answering {
    pub(crate) async fn by(dialect: Dialect) -> Self {
        Answering::at(dialect, dialect.schemes()[0]).await
    }

    pub(crate) async fn at(dialect: Dialect, scheme: &str) -> Self {
        let port = free_port();
        let node = node::start("server.js", dialect.name(), port).await;
        let url: Url = format!("{scheme}://127.0.0.1:{port}").parse().unwrap();
        let link = match dialect {
            Dialect::A | Dialect::B => Http::new().connect(&url),
            Dialect::C => Tcp::new().connect(&url),
        };
        Answering { _node: node, link: link.unwrap(), url }
    }

    pub(crate) async fn call_with(
        &self,
        message: Value,
        head: &Head,
    ) -> Result<Value, CallError<ErrorReply>> {
        let reply = self.link.call(message.to_string().as_bytes(), head).await?;
        Ok(serde_json::from_slice(&reply).unwrap())
    }

    pub(crate) async fn call(&self, message: Value) -> Result<Value, CallError<ErrorReply>> {
        self.call_with(message, &Head::default()).await
    }
}
