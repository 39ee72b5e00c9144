use matchbus::prelude::*;

/// Show what those post whom a user follows, and the user; the reply is HTML.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(page = "home", reply(String))]
pub struct HomePage {
    /// Who reads.
    pub user: String,
}

/// Show what a user has posted; the reply is HTML.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(page = "mine", reply(String))]
pub struct MinePage {
    /// Who.
    pub user: String,
}

/// Show what has all words of a query; the reply is HTML.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(page = "search", reply(String))]
pub struct SearchPage {
    /// Who reads.
    pub user: String,
    /// The words; nothing is searched without.
    pub query: String,
}

/// Show that something did not work; the reply is HTML.
#[derive(Clone, Debug, PartialEq, Message, Serialize, Deserialize, JsonSchema)]
#[message(page = "problem", reply(String))]
pub struct ProblemPage {
    /// Who reads; empty if that is not known.
    pub user: String,
    /// What did not work.
    pub text: String,
}
