use matchbus::prelude::*;

/// What do others buy with it?
///
/// `external`: some other program answers it, or nobody does, and callers say what to do then.
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "advice", cmd = "get", reply(Vec<String>), external)]
pub struct GetAdvice {
    /// The article.
    pub sku: String,
}
