use matchbus::prelude::*;
use thiserror::Error;

/// Post, from outside: what is not fit is refused.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(api = "post", error(ApiError))]
pub struct Post {
    /// Who posts.
    pub user: String,
    /// What.
    pub text: String,
}

/// Follow, from outside: what is not fit is refused.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(api = "follow", error(ApiError))]
pub struct Follow {
    /// Who wants to read.
    pub user: String,
    /// Whom.
    pub target: String,
}

/// Why something from outside is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error, AppError, Serialize, Deserialize, JsonSchema)]
pub enum ApiError {
    /// Not a name.
    #[error("a name is 1 to 32 letters and digits of ASCII, `-` and `_`")]
    #[app_error(status(422))]
    BadName,
    /// Nothing is said.
    #[error("there is no text; write something")]
    #[app_error(status(422))]
    Empty,
    /// Too much is said.
    #[error("the text has {length} characters; at most {most} fit")]
    #[app_error(status(422))]
    TooLong {
        /// How many it has.
        length: usize,
        /// How many fit.
        most: usize,
    },
    /// A user is no reader of itself.
    #[error("you see what you post already; follow somebody else")]
    #[app_error(status(422))]
    Yourself,
}

impl From<NoError> for ApiError {
    fn from(never: NoError) -> Self {
        match never {}
    }
}
