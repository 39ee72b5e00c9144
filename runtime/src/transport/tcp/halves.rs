//! A connection's two directions, whatever carries it.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::seam::net::TcpStream;

/// A stream that can be read and written at the same time.
pub(super) trait Stream {
    type Reader: AsyncRead + Unpin + Send + 'static;
    type Writer: AsyncWrite + Unpin + Send + 'static;

    /// Whether some of what it was given may have left even where it says that it took nothing of it.
    const HOLDS_BACK: bool;

    fn halves(self) -> (Self::Reader, Self::Writer);
}

impl Stream for TcpStream {
    type Reader = tokio::net::tcp::OwnedReadHalf;
    type Writer = tokio::net::tcp::OwnedWriteHalf;

    const HOLDS_BACK: bool = false;

    fn halves(self) -> (Self::Reader, Self::Writer) {
        self.into_split()
    }
}

#[cfg(feature = "tls")]
impl Stream for crate::transport::tls::Stream {
    type Reader = tokio::io::ReadHalf<Self>;
    type Writer = tokio::io::WriteHalf<Self>;

    /// One write may be several records. If the socket breaks at a later one, the write fails, and those before have left.
    const HOLDS_BACK: bool = true;

    fn halves(self) -> (Self::Reader, Self::Writer) {
        tokio::io::split(self)
    }
}
