//! A client that is no client of ours: it writes what it is told, and reads what comes.

use std::net::Ipv4Addr;
use std::time::Duration;

use matchbus::transport::Url;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::Result;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Wire {
    http: bool,
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

/// What was answered to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A reply.
    Reply,
    /// An error with this code.
    Refused(String),
    /// Nothing; the connection is gone, or silent.
    Nothing,
}

impl Wire {
    pub(crate) async fn connect(url: &Url) -> Result<Self> {
        Wire::over(url, TcpSocket::new_v4()?).await
    }

    /// One for which the system keeps little of what is not read.
    pub(crate) async fn connect_deaf(url: &Url) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(8 * 1024)?;
        Wire::over(url, socket).await
    }

    async fn over(url: &Url, socket: TcpSocket) -> Result<Self> {
        let stream = socket.connect((Ipv4Addr::LOCALHOST, url.port().unwrap_or(0)).into()).await?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        Ok(Wire { http: url.scheme() == "http", reader: BufReader::new(reader), writer })
    }

    /// The bytes that bring a message, whatever it is.
    pub(crate) fn request(&self, message: &[u8]) -> Vec<u8> {
        let mut all = if self.http {
            let head =
                "POST /act HTTP/1.1\r\nhost: worker\r\ncontent-type: application/json\r\ncontent-length: ";
            format!("{head}{}\r\n\r\n", message.len()).into_bytes()
        } else {
            br#"{"id":"m/t","kind":"act","sync":true,"act":"#.to_vec()
        };
        all.extend_from_slice(message);
        if !self.http {
            all.extend_from_slice(b"}\n");
        }
        all
    }

    /// Sends a message and reads the answer, at the same time: a listener may answer before it has read all.
    pub(crate) async fn ask(&mut self, message: &[u8]) -> Said {
        let request = self.request(message);
        self.exchange(&request).await
    }

    /// As [`ask`](Wire::ask), with all the bytes given.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Said {
        let (http, reader, writer) = (self.http, &mut self.reader, &mut self.writer);
        let writing = async {
            if writer.write_all(request).await.is_err() {
                // The answer, if there is one, was sent before.
            }
            std::future::pending::<Said>().await
        };
        let reading = async {
            if !http {
                return line(reader).await.map_or(Said::Nothing, |line| said(&line));
            }
            match http_answer(reader).await {
                // What is no request at all has no answer but its status.
                Some((status, body)) if body.is_empty() && (400..500).contains(&status) => {
                    Said::Refused(status.to_string())
                }
                Some((_, body)) => said(&body),
                None => Said::Nothing,
            }
        };
        let both = async {
            tokio::select! {
                said = writing => said,
                said = reading => said,
            }
        };
        timeout(PATIENCE, both).await.unwrap_or(Said::Nothing)
    }

    /// Sends a part of a message and goes away.
    pub(crate) async fn cut(mut self, message: &[u8]) {
        let request = self.request(message);
        // It is the end of the connection either way.
        let _ = self.writer.write_all(&request[..request.len() * 2 / 3]).await;
    }

    pub(crate) fn into_parts(self) -> (BufReader<OwnedReadHalf>, OwnedWriteHalf) {
        (self.reader, self.writer)
    }
}

fn said(body: &[u8]) -> Said {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Said::Nothing };
    match &value["error"]["code"] {
        Value::String(code) => Said::Refused(code.clone()),
        _ => Said::Reply,
    }
}

async fn line(reader: &mut BufReader<OwnedReadHalf>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let read = reader.read_until(b'\n', &mut line).await.ok()?;
    (read > 0).then_some(line)
}

/// The status and the body.
async fn http_answer(reader: &mut BufReader<OwnedReadHalf>) -> Option<(u16, Vec<u8>)> {
    let first = line(reader).await?;
    let status = String::from_utf8_lossy(&first).split(' ').nth(1)?.trim().parse().ok()?;
    let mut length = 0;
    loop {
        let head = line(reader).await?;
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if let Some(value) = head.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if head.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    Some((status, body))
}
