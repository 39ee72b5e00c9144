use std::time::Duration;

use matchbus::prelude::*;

/// Follow a user.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(follow = "user")]
pub struct FollowUser {
    /// Who wants to read.
    pub user: String,
    /// Whom.
    pub target: String,
}

/// List who reads a user, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(follow = "list", kind = "followers", reply(Vec<String>))]
pub struct Followers {
    /// Who is read.
    pub user: String,
}

/// List whom a user reads, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(follow = "list", kind = "following", reply(Vec<String>))]
pub struct Following {
    /// Who reads.
    pub user: String,
}

impl Following {
    /// How long those wait for it who can do without. A process that waits for this one gives each attempt at least
    /// 50 ms (rule R5): what stands in must be there before.
    pub const PATIENCE: Duration = Duration::from_millis(30);
}
