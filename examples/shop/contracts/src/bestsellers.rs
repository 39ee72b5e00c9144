use matchbus::prelude::*;

/// What is ordered most?
#[derive(Clone, Debug, Message, Serialize, Deserialize, JsonSchema)]
#[message(role = "bestsellers", cmd = "get", reply(Vec<Bestseller>))]
pub struct Bestsellers {
    /// How many articles to tell; 3 unless said.
    #[serde(default = "three")]
    pub top: usize,
}

fn three() -> usize {
    3
}

/// An article and how often it was ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bestseller {
    /// The article.
    pub sku: String,
    /// How many pieces.
    pub qty: u32,
}
