//! The shop in one process. Without a command it plays its story; `--help` tells what else it can do.

use std::sync::Arc;

use matchbus::App;
use shop::services::audit::Audit;

#[matchbus::main]
async fn main(app: App) -> matchbus::Result<()> {
    // The story shows the events, so it shares the memory of the audit.
    let audit = Arc::new(Audit::default());
    let states = { let audit = Arc::clone(&audit); move |bus| shop::states(bus).shared_state(audit) };
    app.configure(states).otherwise(move |bus| shop::story::play(bus, audit)).run().await
}
