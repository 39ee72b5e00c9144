//! The bytes of a connection, whatever carries them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// What carries a connection: a socket, or TLS around one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// A stream whose first bytes were looked at and are read again.
#[derive(Debug)]
pub(super) struct Opened<S> {
    stream: S,
    seen: Vec<u8>,
    next: usize,
}

impl<S> Opened<S> {
    pub(super) fn new(stream: S, seen: Vec<u8>) -> Self {
        Opened { stream, seen, next: 0 }
    }

    /// The stream, and what was read of it.
    pub(super) fn into_parts(mut self) -> (S, Vec<u8>) {
        self.seen.drain(..self.next);
        (self.stream, self.seen)
    }
}

/// Reads as much as tells the protocol. `None`: the client went away without a word.
pub(super) async fn open<S: Stream>(mut stream: S) -> io::Result<Option<(Version, Opened<S>)>> {
    let mut seen = [0; PREFACE.len()];
    let mut len = 0;
    let version = loop {
        match stream.read(&mut seen[len..]).await? {
            0 if len == 0 => return Ok(None),
            0 => break Version::Http1,
            n => len += n,
        }
        if seen[..len] != PREFACE[..len] {
            break Version::Http1;
        }
        if len == PREFACE.len() {
            break Version::Http2;
        }
    };
    Ok(Some((version, Opened::new(stream, seen[..len].to_vec()))))
}

impl<S: Stream> AsyncRead for Opened<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.next < self.seen.len() {
            let n = buf.remaining().min(self.seen.len() - self.next);
            buf.put_slice(&self.seen[self.next..self.next + n]);
            self.next += n;
            if self.next == self.seen.len() {
                (self.seen, self.next) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: Stream> AsyncWrite for Opened<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn opened(chunks: &[&[u8]]) -> Option<(Version, Vec<u8>)> {
        let (mut client, server) = tokio::io::duplex(64);
        let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
        let writer = tokio::spawn(async move {
            for chunk in chunks {
                client.write_all(&chunk).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let (version, mut stream) = open(server).await.unwrap()?;
        writer.await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        Some((version, all))
    }

    #[tokio::test]
    async fn the_protocol_is_told_and_no_byte_is_lost() {
        let post = b"POST /act HTTP/1.1\r\n\r\n";
        assert_eq!(opened(&[post]).await, Some((Version::Http1, post.to_vec())));
        let slow: Vec<&[u8]> = PREFACE.chunks(1).collect();
        assert_eq!(opened(&slow).await, Some((Version::Http2, PREFACE.to_vec())));
        assert_eq!(opened(&[b"PRI", b" / x"]).await, Some((Version::Http1, b"PRI / x".to_vec())));
        assert_eq!(opened(&[b"P"]).await, Some((Version::Http1, b"P".to_vec())));
        assert_eq!(opened(&[]).await, None);
    }
}
