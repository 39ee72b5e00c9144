//! The front: pages and forms over HTTP. It is the one place that knows HTTP, and each request becomes one message.
//!
//! | request | message |
//! |---|---|
//! | `GET /{user}`, `/mine/{user}`, `/search/{user}?query=…` | `page:home`, `page:mine`, `page:search` |
//! | `POST /api/post/{user}`, `/api/follow/{user}` | `api:post`, `api:follow` |
//! | `GET /api/ping` | none |

mod forms;
mod reply;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use matchbus::prelude::*;
use tokio::net::TcpListener;

use self::reply::{not_found, page};
use super::api::is_name;
use crate::contracts::{HomePage, MinePage, ProblemPage, SearchPage};
use crate::html::{self, Problem};

/// Where the pages are unless `MICROBLOG_FRONT` says so.
const ADDRESS: &str = "127.0.0.1:8000";

/// The most bytes of a form: the longest text, each character as `%F0%9F%98%80`, and some room.
const LARGEST_FORM: usize = 8 * 1024;

/// Says what did not work.
#[service(page = "problem", rank(7), effect(read))]
fn problem(msg: &ProblemPage) -> Result<String, matchbus::Error> {
    html::render(&Problem { user: &msg.user, text: &msg.text })
}

/// Serves the pages, if this process has the front, until a signal comes.
///
/// # Errors
///
/// The address cannot be listened at.
pub async fn serve(bus: Bus) -> matchbus::Result<()> {
    if !bus.flows().flows.iter().any(|flow| flow.service == "front") {
        return Ok(());
    }
    let address = std::env::var("MICROBLOG_FRONT").unwrap_or_else(|_| ADDRESS.to_owned());
    let failed = |cause| {
        let text = format!("the front cannot listen at {address}: {cause}; say another MICROBLOG_FRONT");
        matchbus::Error::refused(text)
    };
    let listener = TcpListener::bind(&address).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    eprintln!("pages at http://{at}/");
    axum::serve(listener, router(bus)).with_graceful_shutdown(signal()).await.map_err(failed)
}

/// The front by itself, for other servers and tests.
pub fn router(bus: Bus) -> Router {
    Router::new()
        .route("/", get(async || not_found("an address is /NAME, such as /ann")))
        .route("/{user}", get(home))
        .route("/mine/{user}", get(mine))
        .route("/search/{user}", get(search))
        .route("/api/ping", get(async || "pong"))
        .route("/api/post/{user}", post(forms::post))
        .route("/api/follow/{user}", post(forms::follow))
        .fallback(async || not_found("there is no such page"))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(bus)
}

async fn home(Shared(bus): Shared<Bus>, Path(user): Path<String>) -> Response {
    if !is_name(&user) {
        return not_found("nobody can have this name");
    }
    page(&bus, &user, bus.call(HomePage { user: user.clone() }).await).await
}

async fn mine(Shared(bus): Shared<Bus>, Path(user): Path<String>) -> Response {
    if !is_name(&user) {
        return not_found("nobody can have this name");
    }
    page(&bus, &user, bus.call(MinePage { user: user.clone() }).await).await
}

/// What follows the `?` of a search.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    query: String,
}

async fn search(
    Shared(bus): Shared<Bus>,
    Path(user): Path<String>,
    Query(Asked { query }): Query<Asked>,
) -> Response {
    if !is_name(&user) {
        return not_found("nobody can have this name");
    }
    page(&bus, &user, bus.call(SearchPage { user: user.clone(), query }).await).await
}

/// The signals that end the program end the front; the bus drains at the same time.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals it runs until it is killed.
    let _ = interrupt.await;
}
