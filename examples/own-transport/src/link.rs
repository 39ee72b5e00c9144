//! The calling side.

use std::path::PathBuf;

use matchbus::handler::BoxFuture;
use matchbus::transport::{Head, Link};
use matchbus::{CallError, Error, ErrorReply, Result};
use tokio::net::UnixStream;

use crate::frame::{self, Answered, Asked, What, WiredHead};

/// The largest reply.
const MOST_REPLY: usize = 64 * 1024 * 1024;

/// A way to the process that listens at this path.
#[derive(Debug)]
pub(crate) struct UnixLink {
    path: PathBuf,
}

impl UnixLink {
    pub(crate) fn new(path: PathBuf) -> Self {
        UnixLink { path }
    }

    async fn ask(&self, what: What, message: &[u8], head: &Head) -> Result<Vec<u8>, CallError<ErrorReply>> {
        let at = self.path.display();
        let connected = UnixStream::connect(&self.path).await;
        // So far nothing has left: it is certain that nothing ran.
        let mut stream =
            connected.map_err(|cause| Error::unreachable(format!("no connection to {at}: {cause}")))?;
        let lost =
            |cause| Error::lost(format!("the connection to {at} ended before an answer came: {cause}"));
        let asked = Asked { what, head: WiredHead::from(head) };
        let written = frame::write(&mut stream, &asked, message).await;
        // The other side may have said why it does not read on.
        let read = frame::read::<Answered>(&mut stream, MOST_REPLY).await;
        let (answered, reply) = match (read, written) {
            (Ok(answer), _) => answer,
            (Err(_), Err(cause)) | (Err(cause), Ok(())) => return Err(lost(cause).into()),
        };
        match answered.fault {
            Some(fault) => Err(fault.into_error()),
            None if reply.len() > MOST_REPLY => {
                Err(Error::unreadable(format!("the reply is larger than {MOST_REPLY} bytes")).into())
            }
            None => Ok(reply),
        }
    }
}

impl Link for UnixLink {
    // Who drops this future drops the connection, and so tells the other side.
    fn call<'a>(
        &'a self,
        message: &'a [u8],
        head: &'a Head,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallError<ErrorReply>>> {
        Box::pin(self.ask(What::Call, message, head))
    }

    fn send<'a>(&'a self, message: &'a [u8], head: &'a Head) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.ask(What::Send, message, head).await.map(drop).map_err(Error::from) })
    }

    fn catalogue(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>>> {
        Box::pin(async move {
            self.ask(What::Catalogue, b"", &Head::default()).await.map(Some).map_err(Error::from)
        })
    }
}
