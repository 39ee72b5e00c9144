//! A service that nobody calls.

use std::time::Duration;

use matchbus_benches::Line;

use super::Effort;
use crate::message::{Add, Whole};
use crate::ours::Calls;
use crate::peers::raw::Raw;
use crate::process::Server;

/// For how long it is watched.
const WATCHED: Duration = Duration::from_secs(5);

/// A wake-up a second is worth naming.
const FEW: f64 = 1.0;

/// It has answered over both transports and has a connection open.
pub(crate) async fn run(effort: Effort) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, scheme) in [("http", "http"), ("tcp", "tcp")] {
        let server = Server::start(name);
        let message = Add::of(150);
        let ours = Calls::of(&format!("{scheme}://127.0.0.1:{}", server.port), message.clone()).await;
        drop(ours);
        let open = if name == "http" {
            let raw = Raw::open(server.port, "/act", 1, Whole::of(message)).await;
            Some(raw.use_all(effort.slice).await)
        } else {
            None
        };
        // What just ended comes to rest.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = server.wake_ups();
        tokio::time::sleep(WATCHED).await;
        let wake_ups = (server.wake_ups() - before) / WATCHED.as_secs_f64();
        drop(open);
        lines.push(Line::limit(format!("idle service, {name} (MB resident)"), server.resident_mb(), 12.0));
        lines.push(Line::limit(format!("idle service, {name} (wake-ups/s)"), wake_ups, FEW));
    }
    lines
}
