use std::collections::BTreeMap;

use matchbus::prelude::*;

/// Reserve a key, so that nobody else does at the same time what it stands for. It lapses after 1,111 ms.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(reserve = "create", reply(Reserved))]
pub struct Reserve {
    /// The key.
    pub key: String,
}

/// Give a reserved key back.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(reserve = "remove", reply(Reserved))]
pub struct GiveBack {
    /// The key.
    pub key: String,
}

/// Is a key reserved?
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(reserve = "read", reply(Reserved))]
pub struct IsReserved {
    /// The key.
    pub key: String,
}

/// All that is reserved: how many milliseconds each key has left.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(reserve = "state", reply(BTreeMap<String, u64>))]
pub struct Reservations {}

/// Whether it was done, or is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reserved {
    /// Yes or no.
    pub ok: bool,
}
