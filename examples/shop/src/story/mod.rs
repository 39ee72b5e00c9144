//! Plays `story.jsonl` through the bus and shows what happens: who answered and why, what came back, what followed.

mod happened;
mod ink;
mod show;

use std::io::Write as _;

use matchbus::Bus;
use serde_json::Value;

use crate::services::audit::Audit;
use happened::Stage;
pub use ink::Ink;

const STORY: &str = include_str!("../../story.jsonl");

/// A line of the story.
enum Line<'a> {
    /// A word to the reader.
    Say(String),
    /// Whose shop the next messages are for.
    Tenant(String),
    /// A message, or what somebody took for one.
    Message(&'a str),
}

/// Plays the story. `audit` is the memory of this bus's audit.
pub async fn play(bus: Bus, audit: Audit) -> matchbus::Result<()> {
    let ink = Ink::for_stdout();
    let text = tell(&bus, audit, ink).await;
    // Whoever reads may stop when they have seen enough (`| head`).
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// The story as text: the same each time.
pub async fn tell(bus: &Bus, audit: Audit, ink: Ink) -> String {
    let mut text = String::new();
    let mut stage = Stage::new(bus.clone(), audit);
    for line in STORY.lines().filter(|line| !line.trim().is_empty()) {
        match read(line) {
            Line::Say(say) => text += &show::said(&say, ink),
            Line::Tenant(tenant) => stage.tenant(&tenant),
            Line::Message(message) => text += &show::happened(&stage.act(message).await, ink),
        }
    }
    text + &show::end(&bus.flows(), ink)
}

fn read(line: &str) -> Line<'_> {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match (text("say"), text("tenant")) {
        (Some(say), _) => Line::Say(say),
        (_, Some(tenant)) => Line::Tenant(tenant),
        _ => Line::Message(line),
    }
}
