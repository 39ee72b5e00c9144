//! A transport of one's own: messages over Unix sockets, at `unix://localhost/run/cart.sock`.
//!
//! It is whole, passes the conformance suite (`tests/conformance.rs`) and uses nothing that is not public. It keeps no
//! connections: each message has one of its own, which makes most of what a transport must keep simple. A caller that
//! gives up closes its connection, and that is how the other side learns of it; and there is nothing to reconnect.
//!
//! ```
//! use matchbus::prelude::*;
//! use matchbus::transport::Exposed;
//! use own_transport::Unix;
//!
//! #[service(role = "echo")]
//! fn echo(msg: Value) -> Value {
//!     msg
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir();
//! let url = format!("unix://localhost{}/echo-{}.sock", folder.display(), std::process::id()).parse()?;
//! let far = Bus::builder().services(matchbus::services![echo]).transport(Unix).start()?;
//! let listener = far.listen(&url, &Exposed::All).await?;
//!
//! let near = Bus::builder().transport(Unix).start()?;
//! near.connect(listener.url()).await?;
//! let message = serde_json::json!({"role": "echo", "say": "hello"});
//! assert_eq!(near.act(message.clone()).await?, message);
//! # Ok(()) }
//! ```
#![cfg(unix)]

mod frame;
mod link;
mod listener;

use std::path::PathBuf;
use std::sync::Arc;

use matchbus::handler::BoxFuture;
use matchbus::transport::{Door, Link, Listener, Transport, Url};
use matchbus::{Error, Result};

/// The transport for `unix://localhost/path/of/the.sock`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unix;

impl Transport for Unix {
    fn schemes(&self) -> &'static [&'static str] {
        &["unix"]
    }

    fn connect(&self, url: &Url) -> Result<Arc<dyn Link>> {
        Ok(Arc::new(link::UnixLink::new(path(url)?)))
    }

    fn listen<'a>(&'a self, url: &'a Url, door: Door) -> BoxFuture<'a, Result<Listener>> {
        Box::pin(async move { listener::listen(url, path(url)?, door) })
    }
}

fn path(url: &Url) -> Result<PathBuf> {
    if url.host() != "localhost" || url.port().is_some() || url.user().is_some() || url.path().len() < 2 {
        return Err(Error::wrong_url(url, "write it as unix://localhost/path/of/the.sock"));
    }
    // These two are the bus's own: which messages go there.
    match url.option_names().find(|name| !matches!(*name, "pin" | "observe")) {
        Some(name) => Err(Error::wrong_url(url, format!("there is no option `{name}` here"))),
        None => Ok(PathBuf::from(url.path())),
    }
}
