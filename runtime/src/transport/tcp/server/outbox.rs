//! Answers on their way to the socket.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The bytes that the connection's own task writes.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    written: usize,
}

/// A buffer that was larger is given back when it is empty.
const KEPT: usize = 64 * 1024;

impl Outbox {
    /// Where answers are appended.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// How many bytes are not yet written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes over bytes that others wrote, leaving them an empty buffer.
    pub(super) fn take_over(&mut self, other: &mut Vec<u8>) {
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
            std::mem::swap(&mut self.bytes, other);
        } else {
            self.bytes.append(other);
        }
    }

    /// Writes as much as the socket takes. Nothing is lost if the future is dropped.
    pub(super) async fn write(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let written = to.write(&self.bytes[self.written..]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.written += written;
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.written = 0;
        }
        Ok(())
    }
}
