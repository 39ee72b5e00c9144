//! A service that nobody calls: a program with `#[matchbus::main]`, and its peer, which keeps asking for its catalogue.

use std::time::Duration;

use matchbus_benches::Line;

use crate::message::Add;
use crate::ours::Calls;
use crate::service;

/// For how long it is watched: it does nothing less often than that.
const WATCHED: Duration = Duration::from_secs(20);

/// A wake-up a second is worth naming.
const FEW: f64 = 1.0;

/// What just ended comes to rest: an HTTP link keeps its connections for 4 s.
const RESTS: Duration = Duration::from_secs(6);

/// Each of them has answered.
pub(crate) async fn run() -> Vec<Line> {
    let mut services = Vec::new();
    for scheme in ["http", "tcp"] {
        let peer = service::start(scheme, None);
        let with_peer = service::start(scheme, Some(&peer));
        services.push((format!("{scheme}, asked by a peer"), peer));
        services.push((format!("{scheme}, with a peer"), with_peer));
    }
    for (name, service) in &services {
        let scheme = name.split(',').next().unwrap_or_default();
        drop(Calls::of(&format!("{scheme}://127.0.0.1:{}", service.port), Add::of(150)).await);
    }
    tokio::time::sleep(RESTS).await;
    let before: Vec<f64> = services.iter().map(|(_, service)| service.wake_ups()).collect();
    tokio::time::sleep(WATCHED).await;
    let mut lines = Vec::new();
    for ((name, service), before) in services.iter().zip(before) {
        let wake_ups = (service.wake_ups() - before) / WATCHED.as_secs_f64();
        lines.push(Line::limit(format!("idle service, {name} (MB resident)"), service.resident_mb(), 12.0));
        lines.push(Line::limit(format!("idle service, {name} (wake-ups/s)"), wake_ups, FEW));
    }
    lines
}
