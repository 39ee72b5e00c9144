//! What stands in for TLS where the feature is off: the same names, and nothing to be made of them. Only schemes
//! that mean TLS would make some, and without the feature no transport has them.

use crate::message::Error;
use crate::seam::net::TcpStream;
use crate::transport::{Url, secure};

/// Never made: a plain stream stands in.
pub(crate) type Stream = TcpStream;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {}

#[derive(Clone, Debug)]
pub(crate) enum Acceptor {}

#[derive(Clone, Debug)]
pub(crate) enum Connector {}

#[allow(dead_code)] // Matched on, never made.
pub(crate) enum Arrived {
    Secure(Stream),
    Plain(TcpStream),
    Ended,
}

impl Acceptor {
    pub(crate) fn of(url: &Url, _: &Tls, _: &[&[u8]]) -> Result<Option<Self>, Error> {
        secure::no_options(url).map(|()| None)
    }

    pub(crate) async fn open(&self, _: TcpStream) -> Arrived {
        match *self {}
    }
}

impl Connector {
    pub(crate) fn of(url: &Url, _: &Tls, _: &[&[u8]]) -> Result<Option<Self>, Error> {
        secure::no_options(url).map(|()| None)
    }

    pub(crate) async fn secure(&self, _: TcpStream) -> std::io::Result<Stream> {
        match *self {}
    }

    pub(crate) fn refused(&self, _: &(dyn std::error::Error + 'static)) -> Option<String> {
        match *self {}
    }
}
