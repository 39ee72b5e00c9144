use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::call::error_object;
use crate::bus::Bus;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Result};
use crate::seam::task;

type Reply = std::result::Result<Vec<u8>, CallError<ErrorReply>>;

/// Reads messages from stdin, one a line, and writes their replies to stdout in the same order. A line that fails is
/// answered with an error object that has its number. The exit code: 0 if no line failed, 1 otherwise.
pub(super) async fn pipe(bus: Bus, at_once: usize) -> Result<u8> {
    let input = BufReader::new(tokio::io::stdin());
    let output = BufWriter::new(tokio::io::stdout());
    let failed = match run(&bus, input, output, at_once).await {
        Ok(failed) => failed,
        // Nobody reads any more, as behind `head`: no failure of the program.
        Err(cause) if cause.kind() == std::io::ErrorKind::BrokenPipe => false,
        Err(cause) => {
            let text = format!("stdin or stdout failed: {cause}");
            return Err(Error::new(ErrorKind::Usage, Outcome::Unknown, text));
        }
    };
    bus.settled().await;
    Ok(u8::from(failed))
}

/// As `pipe`, over any two streams; whether a line failed.
///
/// A reader starts calls and a writer waits for them in their order, with room for `at_once` between them: whoever
/// waits for a reply before the next message gets it.
async fn run(
    bus: &Bus,
    input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin,
    at_once: usize,
) -> std::io::Result<bool> {
    let (started, replies) = mpsc::channel(at_once);
    let (read, failed) = tokio::join!(read(bus, input, started), write(output, replies));
    // A writer that failed has closed the channel, which ends the reader.
    let failed = failed?;
    read.map(|()| failed)
}

async fn read(
    bus: &Bus,
    mut input: impl AsyncBufRead + Unpin,
    started: mpsc::Sender<(u64, JoinHandle<Reply>)>,
) -> std::io::Result<()> {
    let most = bus.limits().max_bytes();
    let (mut number, mut line) = (0, Vec::new());
    while read_line(&mut input, &mut line, most).await? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Ok(place) = started.reserve().await else { return Ok(()) };
        let (bus, line) = (bus.clone(), std::mem::take(&mut line));
        place.send((number, task::spawn_joined(async move { bus.act_bytes(&line).await })));
    }
    Ok(())
}

/// Reads up to the next line feed, which is left out; `false` at the end. Of a line that is too long to be a message,
/// enough is kept to be refused for it.
async fn read_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    most: usize,
) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let bytes = input.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = (most + 1).saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut replies: mpsc::Receiver<(u64, JoinHandle<Reply>)>,
) -> std::io::Result<bool> {
    let mut failed = false;
    while let Some((number, reply)) = replies.recv().await {
        let reply = reply.await.unwrap_or_else(|cause| {
            Err(CallError::Bus(Error::new(ErrorKind::Panic, Outcome::Unknown, cause.to_string())))
        });
        match reply {
            Ok(reply) => output.write_all(&reply).await?,
            Err(error) => {
                failed = true;
                output.write_all(error_object(&error, Some(number)).to_string().as_bytes()).await?;
            }
        }
        output.write_all(b"\n").await?;
        if replies.is_empty() {
            output.flush().await?;
        }
    }
    output.flush().await?;
    Ok(failed)
}
