use matchbus::prelude::*;

/// Put an entry in the timelines of these users. Without `shard` it is for the router.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(timeline = "insert")]
pub struct InsertEntry {
    /// In whose timelines.
    pub users: Vec<String>,
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
    /// Which part of the users it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u8>,
}

/// List the timeline of a user, newest first. Without `shard` it is for the router.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(timeline = "list", reply(Vec<Item>))]
pub struct ListTimeline {
    /// Whose.
    pub user: String,
    /// Which part of the users it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u8>,
}

/// An entry as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Who posted it.
    pub user: String,
    /// What it says.
    pub text: String,
    /// When it was posted, in microseconds since 1970.
    pub when: u64,
    /// Whether it is by somebody else whom the reader does not follow.
    pub can_follow: bool,
}
