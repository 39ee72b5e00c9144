//! The crates that are built.

use matchbus_benches::scratch::{Scratch, dependency, repeat};

/// The versions are those of our own build; the features of tokio are those that either side needs.
const SERDE: &str = "serde = { version = \"1\", features = [\"derive\"] }\n";
const TYPES: &str = "
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Total { pub total: f64, pub lines: u32 }
";

/// So many functions with `#[service]`, and a main that mounts them.
pub(crate) fn ours(scratch: &Scratch, name: &str, handlers: usize) -> std::io::Result<()> {
    let types = "
use matchbus::prelude::*;

#[derive(Message, Serialize, Deserialize)]
#[message(role = \"cart\", reply(Total), context(cmd))]
pub struct Add { pub item: String, pub qty: u32, pub price: f64 }
";
    let handlers =
        repeat(0..handlers, |n| format!("#[service(role = \"cart\", cmd = \"c{n}\")]\n{}", function(n)));
    let main = "
#[matchbus::main]
async fn main(app: App) -> matchbus::Result<()> {
    app.run().await
}
";
    let manifest = format!("[workspace]\n[dependencies]\n{}{SERDE}", dependency());
    scratch.write(name, &manifest, &[("src/main.rs", &format!("{types}{TYPES}{handlers}{main}"))])
}

/// The same functions as routes of axum: in parts of a hundred, since one chain of a thousand calls needs deep recursion
/// in the compiler.
pub(crate) fn axum(scratch: &Scratch, name: &str, handlers: usize) -> std::io::Result<()> {
    let count = handlers;
    let types = "
use axum::{Json, Router, routing::post};

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Add { pub item: String, pub qty: u32, pub price: f64 }
";
    let handlers = repeat(0..count, function);
    let parts = repeat(0..count / 100, |part| {
        let routes = repeat(part * 100..(part + 1) * 100, |n| {
            format!(
                "        .route(\"/c{n}\", post(|Json(m): Json<Add>| async move {{ Json(h{n}(m).await) }}))\n"
            )
        });
        format!("fn part{part}(router: Router) -> Router {{\n    router\n{routes}}}\n")
    });
    let calls = repeat(0..count / 100, |part| format!("    router = part{part}(router);\n"));
    let main = format!(
        "
#[tokio::main]
async fn main() {{
    let mut router = Router::new();
{calls}
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:8080\").await.unwrap();
    axum::serve(listener, router).await.unwrap();
}}
"
    );
    let manifest = format!(
        "[workspace]\n[dependencies]\naxum = \"0.8\"\n{SERDE}\
         tokio = {{ version = \"1\", features = [\"rt-multi-thread\", \"net\", \"macros\"] }}\n"
    );
    scratch.write(name, &manifest, &[("src/main.rs", &format!("{types}{TYPES}{handlers}{parts}{main}"))])
}

/// Nothing but matchbus.
pub(crate) fn only_ours(scratch: &Scratch) -> std::io::Result<()> {
    let manifest = format!("[workspace]\n[dependencies]\n{}", dependency());
    scratch.write("only-matchbus", &manifest, &[("src/main.rs", "use matchbus as _;\n\nfn main() {}\n")])
}

/// Nothing but the libraries that somebody who writes a service by hand takes, with matchbus's features of them.
pub(crate) fn only_libraries(scratch: &Scratch) -> std::io::Result<()> {
    let manifest = format!(
        "[workspace]\n[dependencies]\n{SERDE}serde_json = {{ version = \"1\", features = [\"raw_value\"] }}\n\
         inventory = \"0.3\"\ntracing = {{ version = \"0.1\", default-features = false, features = [\"std\"] }}\n\
         tokio = {{ version = \"1\", default-features = false, features = \
         [\"rt\", \"rt-multi-thread\", \"sync\", \"time\", \"macros\", \"signal\", \"io-util\", \"io-std\"] }}\n"
    );
    let main =
        "use {inventory as _, serde as _, serde_json as _, tokio as _, tracing as _};\n\nfn main() {}\n";
    scratch.write("only-libraries", &manifest, &[("src/main.rs", main)])
}

fn function(n: usize) -> String {
    format!(
        "pub async fn h{n}(m: Add) -> Total {{ \
         Total {{ total: f64::from(m.qty) * m.price + {n}.0, lines: m.item.len() as u32 }} }}\n"
    )
}
