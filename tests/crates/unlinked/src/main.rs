//! Has two crates with handlers, and links one of them; with the feature `cured` it does what the refusal says.

use stock_service as _;

#[cfg(feature = "cured")]
use cart_service as _;

#[matchbus::main]
async fn main(app: matchbus::App) -> matchbus::Result<()> {
    app.state(stock_service::Stock)
        .otherwise(|bus| async move {
            println!("{} handlers", bus.size());
            Ok(())
        })
        .run()
        .await
}
