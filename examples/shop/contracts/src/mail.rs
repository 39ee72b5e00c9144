use matchbus::prelude::*;

/// A mail went out.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "mail", event = "sent")]
pub struct MailSent {
    /// Whose shop it is from: the tenant in the user context of what led to it.
    pub from: String,
    /// What it says.
    pub text: String,
}
