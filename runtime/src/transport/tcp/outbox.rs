//! Bytes on their way to the other side.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::halves::Stream;

/// The bytes that a connection's own task writes.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// How many of them are written.
    written: usize,
    /// How many were ever written.
    handed: u64,
    /// Written bytes may still be held by what encrypts them.
    unflushed: bool,
    /// A write that fails may have let out some of its bytes; see [`Stream::HOLDS_BACK`].
    holds_back: bool,
}

/// What is kept of a buffer that is empty.
const KEPT: usize = 64 * 1024;

/// Gives back what an empty buffer has beyond what most need. Now and then, and not after each write: whoever writes much
/// would otherwise get new memory from the system with every batch.
pub(super) fn give_back(buffer: &mut Vec<u8>) {
    if buffer.is_empty() {
        buffer.shrink_to(KEPT);
    }
}

impl Outbox {
    /// For a stream of this kind.
    pub(super) fn of<S: Stream>() -> Self {
        Outbox { holds_back: S::HOLDS_BACK, ..Outbox::default() }
    }

    /// Where bytes are appended.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// See [`give_back`].
    pub(super) fn give_back(&mut self) {
        give_back(&mut self.bytes);
    }

    /// How many bytes are not yet written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether there are bytes that nothing has taken yet.
    pub(super) fn has_unwritten(&self) -> bool {
        self.written < self.bytes.len()
    }

    /// Whether everything has left.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_unwritten() && !self.unflushed
    }

    /// How many bytes were ever given to the other side, at most.
    pub(super) fn handed(&self) -> u64 {
        self.handed
    }

    /// Takes over bytes that others wrote, leaving them an empty buffer.
    pub(super) fn take_over(&mut self, other: &mut Vec<u8>) {
        if self.has_unwritten() {
            self.bytes.append(other);
        } else {
            self.bytes.clear();
            self.written = 0;
            std::mem::swap(&mut self.bytes, other);
        }
    }

    /// Writes as much as the socket takes. Nothing is lost if the future is dropped.
    pub(super) async fn write(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.has_unwritten() {
            let written = to.write(&self.bytes[self.written..]).await;
            if written.is_err() && self.holds_back {
                // Which of them left, nobody knows.
                self.handed += self.len() as u64;
            }
            let written = written?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.written += written;
            self.handed += written as u64;
            self.unflushed = true;
        }
        if !self.has_unwritten() {
            self.bytes.clear();
            self.written = 0;
            // Of a socket this costs nothing: only TLS holds bytes back.
            to.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// Takes everything at once and lets it out when it is told to, as TLS does whose socket is full.
    #[derive(Default)]
    struct Holding {
        held: Vec<u8>,
        out: Vec<u8>,
        open: bool,
    }

    impl AsyncWrite for Holding {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.held.extend_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if !self.open {
                return Poll::Pending;
            }
            let held = std::mem::take(&mut self.held);
            self.out.extend(held);
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn it_is_not_empty_before_what_is_held_back_has_left() {
        let (mut outbox, mut to) = (Outbox::default(), Holding::default());
        outbox.end().extend_from_slice(b"ab");
        assert!(poll_once(outbox.write(&mut to)).is_pending());
        assert!(!outbox.is_empty() && !outbox.has_unwritten() && outbox.handed() == 2);
        outbox.take_over(&mut b"c".to_vec());
        to.open = true;
        outbox.write(&mut to).await.unwrap();
        assert!(outbox.is_empty() && outbox.handed() == 3);
        assert_eq!(to.out, b"abc");
    }

    fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
        std::pin::pin!(future).poll(&mut Context::from_waker(std::task::Waker::noop()))
    }
}
