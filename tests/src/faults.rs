//! The messages between the fault programs (`bin/faults`) and their processes (`bin/fault-worker`).

use matchbus::prelude::*;

/// Makes an effect that can be made again without harm: a link named for the key.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "put", reply(String), external)]
pub struct Put {
    /// Which effect; names a link.
    pub key: String,
    /// How long the handler works, half of it before the effect and half after it.
    pub ms: u64,
}

/// Makes an effect that must not be made again: a line in a file of the process.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "once", reply(String), external)]
pub struct Once {
    /// Which effect.
    pub key: String,
    /// How long the handler works at it.
    pub ms: u64,
}

/// Makes an effect that must not be made again, also not by another process: a row in a ledger that all of them share, which is
/// written in one transaction with the message's idempotency key.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "deposit", reply(String), external)]
pub struct Deposit {
    /// Which effect.
    pub key: String,
    /// How long the handler works, half of it before the effect and half after it.
    pub ms: u64,
}

/// As [`Once`], but nothing keeps it from being made again: the handler declares no effect.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "add", reply(String), external)]
pub struct Add {
    /// Which effect.
    pub key: String,
    /// How long the handler works at it.
    pub ms: u64,
}

/// Is answered with its number.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "ping", reply(u64), external)]
pub struct Ping {
    /// The number.
    pub n: u64,
}

/// Is answered with so much text.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "give", reply(String), external)]
pub struct Give {
    /// How much.
    pub bytes: usize,
}

/// As [`Ping`], but the handler panics at each hundredth number.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "panic", reply(u64), external)]
pub struct MayPanic {
    /// The number.
    pub n: u64,
}

/// Is never answered: the handler waits for ever.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "hang", reply(u64), external)]
pub struct Hang {}

/// Takes one thread of the process, unless it is too late for that.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "block", reply(u64), external)]
pub struct Block {
    /// Until when, in milliseconds since 1970: so that all threads that are taken are given back at once, and none after that.
    pub until_ms: u64,
}

/// Goes along a chain of processes, each of which has one `step`; the last one takes two seconds.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "hop", reply(u64), external)]
pub struct Hop {
    /// Which process this is for, from 1.
    pub step: i64,
    /// How many there are.
    pub steps: i64,
}

/// Takes so long; the handler has a few places and a short queue.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "work", reply(u64), external)]
pub struct Work {
    /// How long.
    pub ms: u64,
}

/// What the handlers of one process did.
#[derive(Clone, Debug, Message, Serialize, Deserialize)]
#[message(fault = "stats", reply(Stats), external)]
pub struct GetStats {}

/// See [`GetStats`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Handlers that began; of those that count.
    pub started: u64,
    /// Handlers that came to their end.
    pub ended: u64,
    /// Handlers whose future was dropped before its end.
    pub dropped: u64,
    /// Handlers that began without any time left.
    pub late: u64,
    /// Messages that came and have not ended, without the one that asks.
    pub in_flight: u64,
    /// When the last message was made that came for a handler that counts, by the wall clock of the process that sent it: in
    /// milliseconds since 1970, as its id has it.
    pub sent_ms: u64,
}

/// A greeting as the first version of a service knew it.
pub mod old {
    use super::{Deserialize, Message, Serialize};

    /// The question.
    #[derive(Clone, Debug, Message, Serialize, Deserialize)]
    #[message(fault = "greet", reply(Greeting), external)]
    pub struct Greet {
        /// Who.
        pub name: String,
    }

    /// The answer.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Greeting {
        /// What is said.
        pub text: String,
    }
}

/// A greeting as the second version knows it: more is asked, and more is answered.
pub mod new {
    use super::{Deserialize, Message, Serialize};

    /// The question.
    #[derive(Clone, Debug, Message, Serialize, Deserialize)]
    #[message(fault = "greet", reply(Greeting), external)]
    pub struct Greet {
        /// Who.
        pub name: String,
        /// How to address them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// In which tongue.
        #[serde(default)]
        pub tongues: Vec<String>,
    }

    /// The answer.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Greeting {
        /// What is said.
        pub text: String,
        /// By which version; the old one does not say.
        #[serde(default)]
        pub version: u32,
        /// How often.
        #[serde(default)]
        pub times: Option<u32>,
    }
}
