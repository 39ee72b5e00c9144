//! What a browser does, as far as pages without scripts need it.

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

type Body = Full<axum::body::Bytes>;

#[derive(Clone)]
pub(crate) struct Browser(Client<HttpConnector, Body>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Browser(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn get(&self, url: &str) -> Page {
        self.ask(axum::http::Request::get(url).body(Body::default()).unwrap()).await
    }

    /// Sends a form that is already in its encoding.
    pub(crate) async fn post(&self, url: &str, form: &str) -> Page {
        let request =
            axum::http::Request::post(url).header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn ask(&self, request: axum::http::Request<Body>) -> Page {
        let reply = self.0.request(request).await.unwrap();
        let location = reply.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
        let status = reply.status().as_u16();
        let bytes = reply.into_body().collect().await.unwrap().to_bytes();
        Page { status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

/// An entry on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) user: String,
    pub(crate) text: String,
    pub(crate) can_follow: bool,
}

impl Page {
    /// The entries, as they stand in the HTML.
    pub(crate) fn entries(&self) -> Vec<Shown> {
        let between = |text: &str, from: &str, to: &str| {
            let text = text.split_once(from).unwrap_or_else(|| panic!("no {from}: {text}")).1;
            text.split_once(to).unwrap_or_else(|| panic!("no {to}: {text}")).0.to_owned()
        };
        let items = self.text.split("<li>").skip(1);
        items
            .map(|item| Shown {
                user: between(item, "<b>", "</b>"),
                text: between(item, "<p>", "</p>"),
                can_follow: item.contains(">Follow</button>"),
            })
            .collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.entries().into_iter().map(|entry| entry.text).collect()
    }

    /// Whether it says that it lacks its entries.
    pub(crate) fn says_missing(&self) -> bool {
        self.text.contains("cannot be shown right now")
    }
}
