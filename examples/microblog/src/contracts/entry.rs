use matchbus::prelude::*;

/// Post an entry: it is saved, and announced.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(post = "entry")]
pub struct PostEntry {
    /// Who posts.
    pub user: String,
    /// What.
    pub text: String,
}

/// Save an entry. With the key `cache = true` it is for the store itself.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(store = "save", kind = "entry", reply(Entry), context(cache))]
pub struct SaveEntry {
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
}

/// List the entries of a user, newest first. With the key `cache = true` it is for the store itself.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(store = "list", kind = "entry", reply(Vec<Entry>), context(cache))]
pub struct ListEntries {
    /// Whose.
    pub user: String,
}

/// An entry was saved.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(info = "entry")]
pub struct InfoEntry {
    /// Its number.
    pub id: String,
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
}

/// A saved entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its number.
    pub id: String,
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
}

impl From<Entry> for InfoEntry {
    fn from(Entry { id, user, text, when }: Entry) -> Self {
        InfoEntry { id, user, text, when }
    }
}

impl From<InfoEntry> for Entry {
    fn from(InfoEntry { id, user, text, when }: InfoEntry) -> Self {
        Entry { id, user, text, when }
    }
}

/// Bring an entry to those who follow its author.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(fanout = "entry")]
pub struct FanOut {
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
}
