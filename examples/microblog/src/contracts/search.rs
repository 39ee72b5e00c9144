use matchbus::prelude::*;

use super::Entry;

/// Find the entries that have all words of a query, newest first.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(search = "query", reply(Vec<Entry>))]
pub struct Query {
    /// The words.
    pub query: String,
}

/// Add an entry to what can be found.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(search = "insert")]
pub struct IndexEntry {
    /// Its number.
    pub id: String,
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
}
