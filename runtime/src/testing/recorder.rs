use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::Notify;

use crate::message::Message;
use crate::pattern::ValueRef;

/// How a recorded message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// Called: the sender waits for the reply.
    Called,
    /// Sent to one handler.
    Sent,
    /// Published to observers.
    Published,
}

/// A message that went through the bus of a test.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// How it was sent.
    pub how: How,
    /// The message, with the keys of its type.
    pub message: Value,
}

impl Recorded {
    /// Whether it has the keys of the message type `M`.
    pub fn is<M: Message>(&self) -> bool {
        M::INFO.pattern.keys.iter().all(|key| match (key.value, self.message.get(key.name)) {
            (ValueRef::Str(text), Some(Value::String(given))) => text == given,
            (ValueRef::Int(n), Some(Value::Number(given))) => given.as_i64() == Some(n),
            (ValueRef::Bool(b), Some(Value::Bool(given))) => b == *given,
            _ => false,
        })
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::Called => "called",
            How::Sent => "sent",
            How::Published => "published",
        };
        write!(f, "{how:9} {}", self.message)
    }
}

/// Keeps every message in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    messages: Mutex<Vec<Recorded>>,
    more: Notify,
}

impl Recorder {
    pub(crate) fn record(&self, how: How, message: Value) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(Recorded { how, message });
        self.more.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `find` finds something among the recorded messages.
    pub(crate) async fn wait_for<T>(&self, find: impl Fn(&[Recorded]) -> Option<T>) -> T {
        loop {
            let more = self.more.notified();
            if let Some(found) = find(&self.all()) {
                return found;
            }
            more.await;
        }
    }
}
