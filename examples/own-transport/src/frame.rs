//! What travels: a length, so many bytes of JSON about the message, a length, and so many bytes of the message itself.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use matchbus::transport::{Fault, Head};
use matchbus::{Id, TraceParent};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// More is in no head.
const MOST_ABOUT: u32 = 64 * 1024;

/// About a request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) what: What,
    #[serde(default)]
    pub(crate) head: WiredHead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Call,
    Send,
    Catalogue,
}

/// About an answer; without a fault what follows is the reply.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answered {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

/// A [`Head`] as it travels. What is missing is nothing, and what is unknown is ignored, so that versions can differ.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WiredHead {
    id: Option<String>,
    key: Option<String>,
    attempt: u32,
    budget_us: Option<u64>,
    trace: Option<String>,
    source: Option<String>,
    context: BTreeMap<String, String>,
    published: bool,
    groups: Vec<String>,
    hops: u32,
    chain: Vec<String>,
    below: Option<String>,
}

impl From<&Head> for WiredHead {
    fn from(head: &Head) -> Self {
        WiredHead {
            id: head.id.map(|id| format!("{:032x}", id.as_u128())),
            key: head.key.as_deref().map(str::to_owned),
            attempt: head.attempt,
            budget_us: head.budget.map(|budget| u64::try_from(budget.as_micros()).unwrap_or(u64::MAX)),
            trace: head.trace.map(|trace| trace.to_string()),
            source: head.source.as_deref().map(str::to_owned),
            context: head.context.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            published: head.published,
            groups: head.groups.iter().map(ToString::to_string).collect(),
            hops: head.hops,
            chain: head.chain.iter().map(ToString::to_string).collect(),
            below: head.below.as_deref().map(str::to_owned),
        }
    }
}

impl From<WiredHead> for Head {
    fn from(wired: WiredHead) -> Self {
        let mut head = Head::default();
        head.id = wired.id.and_then(|id| u128::from_str_radix(&id, 16).ok()).map(Id::from_u128);
        head.key = wired.key.map(Into::into);
        head.attempt = wired.attempt;
        head.budget = wired.budget_us.map(Duration::from_micros);
        head.trace = wired.trace.and_then(|trace| TraceParent::parse(&trace));
        head.source = wired.source.map(Into::into);
        head.context = wired.context.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        head.published = wired.published;
        head.groups = wired.groups.into_iter().map(Arc::from).collect();
        head.hops = wired.hops;
        head.chain = wired.chain.into_iter().map(Arc::from).collect();
        head.below = wired.below.map(Into::into);
        head
    }
}

/// Writes a frame.
pub(crate) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    about: &impl Serialize,
    body: &[u8],
) -> io::Result<()> {
    let about = serde_json::to_vec(about)?;
    let mut frame = Vec::with_capacity(about.len() + body.len() + 8);
    for part in [&about[..], body] {
        let length = u32::try_from(part.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(part);
    }
    to.write_all(&frame).await
}

/// Reads a frame. Of a body that is larger than `most` one byte more is kept, and the rest is read and forgotten.
pub(crate) async fn read<A: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    most: usize,
) -> io::Result<(A, Vec<u8>)> {
    let length = from.read_u32().await?;
    if length > MOST_ABOUT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let about = exactly(from, length.into()).await?;
    let about = serde_json::from_slice(&about)?;
    let length = u64::from(from.read_u32().await?);
    let kept = length.min(most as u64 + 1);
    let body = exactly(from, kept).await?;
    tokio::io::copy(&mut from.take(length - kept), &mut tokio::io::sink()).await?;
    Ok((about, body))
}

/// So many bytes. Room is made as they come: a length alone costs nothing.
async fn exactly(from: &mut (impl AsyncRead + Unpin), length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = from.take(length).read_to_end(&mut bytes).await?;
    if read as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
