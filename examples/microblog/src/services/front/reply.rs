//! What goes back to a browser.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use matchbus::prelude::*;

use crate::contracts::ProblemPage;
use crate::html::{self, Problem};

/// Nothing of a page is loaded from elsewhere, runs, or is shown inside of other pages, and its forms go only here.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
];

fn html(status: StatusCode, page: String) -> Response {
    (status, HEADERS, page).into_response()
}

/// A page that a service has rendered, or that it is away.
pub(super) async fn page(bus: &Bus, user: &str, reply: Result<String, CallError<NoError>>) -> Response {
    match reply {
        Ok(page) => html(StatusCode::OK, page),
        Err(error) => {
            tracing::warn!("a page cannot be shown: {error}");
            problem(bus, user, StatusCode::SERVICE_UNAVAILABLE, AWAY).await
        }
    }
}

/// What a user is told of a failure that is not the user's; what exactly failed stands in the log.
pub(super) const AWAY: &str = "This part of the microblog is away right now. Please try again in a moment.";

/// A page about what did not work.
pub(super) async fn problem(bus: &Bus, user: &str, status: StatusCode, text: &str) -> Response {
    let message = ProblemPage { user: user.to_owned(), text: text.to_owned() };
    html(status, bus.call(message).await.unwrap_or_else(|_| AWAY.to_owned()))
}

/// There is no such page, and nobody needs to be asked.
pub(super) fn not_found(text: &str) -> Response {
    html(StatusCode::NOT_FOUND, html::render(&Problem { user: "", text }).unwrap_or_else(|_| text.to_owned()))
}
