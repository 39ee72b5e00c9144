//! The shop in one process. Without a command it plays its story; `--help` tells what else it can do.

use matchbus::App;
use shop::services::audit::Audit;

#[matchbus::main]
async fn main(app: App) -> matchbus::Result<()> {
    // The story shows the events, so it shares the memory of the audit.
    let audit = Audit::default();
    app.configure(shop::states)
        .state(audit.clone())
        .otherwise(|bus| shop::story::play(bus, audit))
        .run()
        .await
}
