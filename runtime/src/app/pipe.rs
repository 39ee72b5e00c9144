use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::sync::{mpsc, oneshot};

use super::call::error_object;
use super::log::say;
use super::signal::{self, Signals};
use super::unwritable;
use crate::bus::Bus;
use crate::message::{CallError, Error, ErrorKind, ErrorReply, Outcome, Result};
use crate::seam::{clock, task};

/// How long replies are held back for the next one, to be written with it.
const SOON: Duration = Duration::from_millis(5);

type Reply = std::result::Result<Vec<u8>, CallError<ErrorReply>>;

/// Reads messages from stdin, one a line, and writes their replies to stdout in the same order. A line that fails is
/// answered with an error object that has its number. The exit code: 0 if no line failed, 1 otherwise.
///
/// After a signal no further line is read; those that were read are answered, and the exit code is that of a program which
/// the signal has ended, since the rest of the input is not. A second signal ends at once.
pub(super) async fn pipe(bus: Bus, at_once: usize) -> Result<u8> {
    let mut signals = Signals::listen()?;
    let input = BufReader::new(tokio::io::stdin());
    let output = BufWriter::new(tokio::io::stdout());
    let (stop, stopped) = oneshot::channel();
    let all = async {
        let failed = match run(&bus, input, output, at_once, stopped).await {
            Ok(failed) => failed,
            // Nobody reads any more, as behind `head`: no failure of the program.
            Err(Failed::Output(cause)) if cause.kind() == std::io::ErrorKind::BrokenPipe => false,
            Err(Failed::Output(cause)) => return Err(unwritable(&cause)),
            Err(Failed::Input(cause)) => return Err(Error::usage(format!("stdin cannot be read: {cause}"))),
        };
        bus.settled().await;
        Ok(u8::from(failed))
    };
    let mut all = pin!(all);
    let name = tokio::select! {
        biased;
        ended = &mut all => return ended,
        name = signals.next() => name,
    };
    say(&format!("{name}: ending what is running"));
    drop(stop);
    tokio::select! {
        biased;
        ended = all => ended.map(|_| signal::exit_code(name)),
        name = signals.next() => {
            say(&format!("{name} again: ending at once"));
            Ok(signal::exit_code(name))
        }
    }
}

/// Which of the two streams failed.
#[derive(Debug)]
enum Failed {
    Input(std::io::Error),
    Output(std::io::Error),
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
    stopped: oneshot::Receiver<()>,
) -> std::result::Result<bool, Failed> {
    let (started, replies) = mpsc::channel(at_once);
    let reading = async {
        tokio::select! {
            read = read(bus, input, started) => read,
            _ = stopped => Ok(()),
        }
    };
    let (read, failed) = tokio::join!(reading, write(output, replies));
    // A writer that failed has closed the channel, which ends the reader.
    let failed = failed.map_err(Failed::Output)?;
    read.map(|()| failed).map_err(Failed::Input)
}

async fn read(
    bus: &Bus,
    mut input: impl AsyncBufRead + Unpin,
    started: mpsc::Sender<(u64, oneshot::Receiver<Reply>)>,
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
        let (tell, told) = oneshot::channel();
        task::spawn(async move { drop(tell.send(bus.act_bytes(&line).await)) });
        place.send((number, told));
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
    mut replies: mpsc::Receiver<(u64, oneshot::Receiver<Reply>)>,
) -> std::io::Result<bool> {
    let mut failed = false;
    while let Some((number, mut reply)) = replies.recv().await {
        let soon = clock::within(SOON, &mut reply).await;
        let reply = if let Some(reply) = soon {
            reply
        } else {
            // Who waits for those before it must not wait for this one, too.
            output.flush().await?;
            reply.await
        };
        let reply = reply.unwrap_or_else(|_| {
            Err(CallError::Bus(Error::new(
                ErrorKind::Panic,
                Outcome::Unknown,
                "the call's task ended without a reply: it panicked, as stderr says with the place, or its runtime ended; send \
                 the message again only if running it twice does no harm",
            )))
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    use super::*;
    use serde_json::Value;

    /// Answers `{"ms":N}` with `N` after so many milliseconds.
    fn slow() -> Bus {
        let handler = |msg: Value| async move {
            clock::sleep(Duration::from_millis(msg["ms"].as_u64().unwrap_or(0))).await;
            msg["ms"].clone()
        };
        Bus::builder().handle_json("ms:*".parse().unwrap(), handler).start().unwrap()
    }

    /// The end to write messages to, and the end to read replies from.
    fn ends() -> ((DuplexStream, BufReader<DuplexStream>), (DuplexStream, DuplexStream)) {
        let ((to, input), (output, from)) = (duplex(4096), duplex(4096));
        ((to, BufReader::new(input)), (output, from))
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_is_told_while_the_next_one_is_still_to_come() {
        let ((mut to, input), (output, from)) = ends();
        let (_stop, stopped) = oneshot::channel();
        let bus = slow();
        to.write_all(b"{\"ms\":10}\n{\"ms\":4000}\n{\"ms\":1}\n").await.unwrap();
        drop(to);
        let begin = clock::now();
        let reader = async {
            let mut lines = BufReader::new(from).lines();
            let mut told = Vec::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                told.push((line, begin.elapsed().as_millis() / 100));
            }
            told
        };
        let (failed, told) = tokio::join!(run(&bus, input, BufWriter::new(output), 16, stopped), reader);
        assert!(!failed.unwrap());
        assert_eq!(told, [("10".to_owned(), 0), ("4000".to_owned(), 40), ("1".to_owned(), 40)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_is_answered_when_it_is_to_stop() {
        let ((mut to, input), (output, mut from)) = ends();
        let (stop, stopped) = oneshot::channel::<()>();
        let bus = slow();
        to.write_all(b"{\"ms\":3000}\n{\"ms\":").await.unwrap();
        let stopping = async {
            clock::sleep(Duration::from_secs(1)).await;
            drop(stop);
        };
        let (failed, ()) = tokio::join!(run(&bus, input, BufWriter::new(output), 16, stopped), stopping);
        assert!(!failed.unwrap());
        let mut told = String::new();
        from.read_to_string(&mut told).await.unwrap();
        assert_eq!(told, "3000\n");
        drop(to);
    }
}
