//! Has two crates with handlers, and links one of them, under another name; with the feature `cured` it does what the refusal says.

use stock as _;

#[cfg(feature = "cured")]
use cart_service as _;

#[matchbus::main]
async fn main(app: matchbus::App) -> matchbus::Result<()> {
    app.state(stock::Stock)
        .otherwise(|bus| async move {
            println!("{} handlers", bus.size());
            Ok(())
        })
        .run()
        .await
}
