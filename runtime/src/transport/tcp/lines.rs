//! Bytes into lines, whatever the packets they come in.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::outbox;

/// What is kept of a line that is too long: enough to find its id.
const KEPT: usize = 512;
const SMALLEST_READ: usize = 4 * 1024;
/// Not all that 64 calls of 4 KB have in flight: one read of that is one write of all answers, and the two sides would work in
/// turns (measured: 0.77 times as many calls a second with four times as much).
const LARGEST_READ: usize = 64 * 1024;

/// The bytes of one connection that were read and not yet looked at.
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// Where the next line starts.
    start: usize,
    /// Up to where there is no line break.
    searched: usize,
    /// How much to read at once: more for those who send more.
    chunk: usize,
    longest: usize,
    /// The start of a line that is too long and being skipped.
    skipping: Option<Vec<u8>>,
}

/// A line without its end.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    /// Longer than allowed; this is how it started.
    TooLong(Vec<u8>),
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Lines { bytes: Vec::new(), start: 0, searched: 0, chunk: SMALLEST_READ, longest, skipping: None }
    }

    /// Reads what has come; 0 at the end. Nothing is lost if the future is dropped.
    pub(super) async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        self.make_room();
        let room = self.bytes.capacity() - self.bytes.len();
        let read = from.read_buf(&mut self.bytes).await?;
        if read == room {
            self.chunk = (self.chunk * 2).min(LARGEST_READ);
        } else if read < self.chunk / 8 {
            self.chunk = (self.chunk / 2).max(SMALLEST_READ);
        }
        Ok(read)
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        // Memory that goes back and forth costs more than what it is for; who sends small messages only has little.
        let enough = if self.chunk == SMALLEST_READ { SMALLEST_READ } else { LARGEST_READ } * 4;
        if self.bytes.is_empty() && self.bytes.capacity() > enough {
            self.bytes.shrink_to(self.chunk);
        }
        self.bytes.reserve(self.chunk);
    }

    /// See [`outbox::give_back`].
    pub(super) fn give_back(&mut self) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            (self.start, self.searched) = (0, 0);
            outbox::give_back(&mut self.bytes);
        }
    }

    /// Whether a line is begun.
    pub(super) fn is_begun(&self) -> bool {
        self.start < self.bytes.len() || self.skipping.is_some()
    }

    /// The next line that is complete.
    pub(super) fn next(&mut self) -> Option<Line<'_>> {
        let Some(found) = memchr::memchr(b'\n', &self.bytes[self.searched..]) else {
            self.searched = self.bytes.len();
            self.skip_what_is_too_long();
            return None;
        };
        let end = self.searched + found + 1;
        self.searched = end;
        let start = std::mem::replace(&mut self.start, end);
        if let Some(head) = self.skipping.take() {
            return Some(Line::TooLong(head));
        }
        let line = &self.bytes[start..end - 1];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.longest {
            return Some(Line::TooLong(line[..KEPT.min(line.len())].to_vec()));
        }
        Some(Line::Whole(line))
    }

    fn skip_what_is_too_long(&mut self) {
        let begun = &self.bytes[self.start..];
        if self.skipping.is_none() && begun.len() > self.longest {
            self.skipping = Some(begun[..KEPT.min(begun.len())].to_vec());
        }
        if self.skipping.is_some() {
            self.bytes.clear();
            (self.start, self.searched) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], pieces: usize, longest: usize) -> Vec<String> {
        let (mut lines, mut found) = (Lines::new(longest), Vec::new());
        for mut piece in text.chunks(pieces) {
            lines.fill(&mut piece).await.unwrap();
            while let Some(line) = lines.next() {
                found.push(match line {
                    Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                    Line::TooLong(head) => format!("!{}", String::from_utf8_lossy(&head)),
                });
            }
        }
        found
    }

    /// What memory a connection has after messages of these lengths, one after the other.
    async fn memory(lengths: impl IntoIterator<Item = usize>) -> usize {
        let mut lines = Lines::new(1 << 20);
        for length in lengths {
            let mut line = vec![b'a'; length];
            line.push(b'\n');
            let mut line = &*line;
            while !line.is_empty() {
                lines.fill(&mut line).await.unwrap();
                while lines.next().is_some() {}
            }
        }
        lines.make_room();
        let used = lines.bytes.capacity();
        lines.give_back();
        assert!(lines.bytes.capacity() <= used.min(64 * 1024));
        used
    }

    #[tokio::test]
    async fn memory_is_given_back_but_not_with_each_read() {
        // One long message after short ones, and short ones after it.
        assert!(memory([100, 1_000_000]).await <= 4 * LARGEST_READ);
        assert!(memory([1_000_000].into_iter().chain([100; 10])).await <= 4 * SMALLEST_READ);
        // What comes now in large pieces and now in small ones.
        let (large, mixed) = (memory([60_000; 10]).await, [60_000, 4_000].into_iter().cycle());
        assert_eq!(memory(mixed.take(20)).await, large);
    }

    #[tokio::test]
    async fn lines_do_not_depend_on_packets() {
        for pieces in 1..20 {
            assert_eq!(all(b"ab\nc\r\n\nlong line\ndef\nrest", pieces, 5).await.len(), 5, "{pieces}");
            let found = all(b"ab\nc\r\n\ndef\nrest", pieces, 5).await;
            assert_eq!(found, ["ab", "c", "", "def"], "{pieces}");
        }
        assert_eq!(all(b"long line\nab\n", 100, 5).await, ["!long line", "ab"]);
    }
}
