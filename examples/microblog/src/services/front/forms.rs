//! Forms: what is posted becomes a message, and the browser goes back to where the form was.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use matchbus::prelude::*;

use super::is_name;
use super::reply::{AWAY, not_found, problem};
use crate::contracts::{ApiError, Follow, Post};

/// Where a form was: one of these pages, and never an address that a form could name.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum From {
    #[default]
    Home,
    Mine,
    Search,
}

impl From {
    fn address(self, user: &str, query: &str) -> String {
        match self {
            From::Home => format!("/{user}"),
            From::Mine => format!("/mine/{user}"),
            From::Search => {
                let query = serde_urlencoded::to_string([("query", query)]).unwrap_or_default();
                format!("/search/{user}?{query}")
            }
        }
    }
}

/// The form of a post.
#[derive(Deserialize)]
pub(super) struct Written {
    text: String,
    #[serde(default)]
    from: From,
}

/// The form of a follow.
#[derive(Deserialize)]
pub(super) struct Chosen {
    target: String,
    #[serde(default)]
    from: From,
    #[serde(default)]
    query: String,
}

pub(super) async fn post(
    Shared(bus): Shared<Bus>,
    Path(user): Path<String>,
    form: Result<Form<Written>, FormRejection>,
) -> Response {
    if !is_name(&user) {
        return not_found("nobody can have this name");
    }
    let Form(Written { text, from }) = match form {
        Ok(form) => form,
        Err(refused) => return unreadable(&bus, &user, &refused).await,
    };
    let done = bus.call(Post { user: user.clone(), text }).await;
    answer(&bus, &user, done, &from.address(&user, "")).await
}

pub(super) async fn follow(
    Shared(bus): Shared<Bus>,
    Path(user): Path<String>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response {
    if !is_name(&user) {
        return not_found("nobody can have this name");
    }
    let Form(Chosen { target, from, query }) = match form {
        Ok(form) => form,
        Err(refused) => return unreadable(&bus, &user, &refused).await,
    };
    let done = bus.call(Follow { user: user.clone(), target }).await;
    answer(&bus, &user, done, &from.address(&user, &query)).await
}

async fn answer(bus: &Bus, user: &str, done: Result<(), CallError<ApiError>>, back: &str) -> Response {
    match done {
        Ok(()) => Redirect::to(back).into_response(),
        Err(CallError::App(error)) => {
            let status = StatusCode::from_u16(AppError::status(&error));
            let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            problem(bus, user, status, &format!("Not done: {error}.")).await
        }
        Err(CallError::Bus(error)) => {
            tracing::warn!("a form was not carried out: {error}");
            problem(bus, user, StatusCode::SERVICE_UNAVAILABLE, AWAY).await
        }
    }
}

async fn unreadable(bus: &Bus, user: &str, refused: &FormRejection) -> Response {
    problem(bus, user, refused.status(), "The form is too large or cannot be read.").await
}
