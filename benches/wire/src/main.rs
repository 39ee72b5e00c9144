//! Calls over loopback between processes beside axum, reqwest, hyper-util, tarpc, tonic, bare lines of JSON, and Seneca.
//!
//! `cargo xtask bench wire`, or here: `cargo run --release -- [--quick] [--json] [--without CASES]...` where CASES is idle,
//! http, tcp or seneca.
//!
//! For a profiler: `load CASE IN_FLIGHT SECONDS`, where CASE is http, tcp, or raw (our HTTP server under a raw client).
//!
//! Clients run in this process, and each server in one of its own. All contenders of a case take turns round by round;
//! a ratio is the median over the rounds. Each call encodes a typed message, and decodes it and a typed reply.

mod cases;
mod drive;
mod message;
mod ours;
mod peers;
mod process;
mod service;

use std::process::ExitCode;

use cases::Effort;
use matchbus_benches::{Options, print};
use peers::tarpc::Format;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|first| first == "run") {
        return service::main();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // As many as the reference's.
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system has threads");
    match &arguments[..] {
        [serve, name] if serve == "serve" => runtime.block_on(server(name)),
        [load, name, in_flight, seconds] if load == "load" => {
            let number = |text: &String| text.parse().expect("a number");
            runtime.block_on(cases::load(name, number(in_flight), number(seconds)));
        }
        _ => runtime.block_on(compare(&Options::from_command_line())),
    }
    ExitCode::SUCCESS
}

async fn server(name: &str) {
    match name {
        "http" => ours::serve("http://127.0.0.1:0").await,
        "tcp" => ours::serve("tcp://127.0.0.1:0").await,
        "axum" => peers::axum::serve().await,
        "tarpc-json" => peers::tarpc::serve(Format::Json).await,
        "tarpc-bincode" => peers::tarpc::serve(Format::Bincode).await,
        "tonic" => peers::tonic::serve().await,
        "lines" => peers::lines::serve().await,
        other => panic!("there is no server `{other}`"),
    }
}

async fn compare(options: &Options) {
    let effort = Effort::of(options.quick);
    let mut lines = Vec::new();
    if options.with("idle") {
        lines.extend(cases::process::run().await);
    }
    if options.with("http") {
        lines.extend(cases::http::run(effort).await);
    }
    if options.with("tcp") {
        lines.extend(cases::tcp::run(effort).await);
    }
    if options.with("seneca") {
        lines.extend(cases::seneca::run(effort).await);
    }
    for out in &options.without {
        eprintln!("left out, as told: {out}");
    }
    print(&lines, options.json);
}
