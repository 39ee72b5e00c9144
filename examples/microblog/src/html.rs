//! The pages as HTML. Whatever users wrote is escaped by the templates, which do so in every place.

use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;

use crate::contracts::Item;

/// What a user reads.
#[derive(Template)]
#[template(path = "home.html")]
#[allow(missing_docs)]
pub struct Home<'a> {
    pub user: &'a str,
    pub items: &'a [Item],
    pub missing: bool,
}

/// What a user has posted.
#[derive(Template)]
#[template(path = "mine.html")]
#[allow(missing_docs)]
pub struct Mine<'a> {
    pub user: &'a str,
    pub items: &'a [Item],
    pub missing: bool,
}

/// What was searched and found.
#[derive(Template)]
#[template(path = "search.html")]
#[allow(missing_docs)]
pub struct Search<'a> {
    pub user: &'a str,
    pub query: &'a str,
    pub items: &'a [Item],
    pub missing: bool,
}

/// What went wrong; without a user there is no way back.
#[derive(Template)]
#[template(path = "problem.html")]
#[allow(missing_docs)]
pub struct Problem<'a> {
    pub user: &'a str,
    pub text: &'a str,
}

/// The page's text.
///
/// # Errors
///
/// A value cannot be written, which those here always can.
pub fn render(page: &impl Template) -> Result<String, matchbus::Error> {
    page.render().map_err(|cause| matchbus::Error::refused(format!("the page cannot be written: {cause}")))
}

/// What came, or nothing and that it is missing: a page is shown all the same, and says so.
pub fn or_missing<T: Default, E: Display>(reply: Result<T, E>) -> (T, bool) {
    match reply {
        Ok(reply) => (reply, false),
        Err(error) => {
            tracing::warn!("a page lacks its entries: {error}");
            (T::default(), true)
        }
    }
}

/// How long ago a time is, in words; `when` is in microseconds since 1970.
#[allow(clippy::trivially_copy_pass_by_ref)] // The templates pass references.
pub(crate) fn ago(when: &u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    match now.saturating_sub(when / 1_000_000) {
        0..=59 => "just now".to_owned(),
        seconds @ 60..=3_599 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..=86_399 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}
