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
