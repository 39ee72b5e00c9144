#![deny(warnings)]
use matchbus::prelude::*;

mod one {
    #[matchbus::main(worker_threads(2), allow_unlinked(cart_service, stock_service))]
    async fn main(app: matchbus::App) -> matchbus::Result<()> {
        app.run().await
    }

    pub fn run() {
        let _ = main();
    }
}

mod two {
    #[matchbus::main(current_thread)]
    async fn main(_: matchbus::App) {}

    pub fn run() {
        let _ = main();
    }
}

mod three {
    #[matchbus::main]
    async fn main(_: matchbus::App) -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }

    pub fn run() {
        let _ = main();
    }
}

/// Documented.
#[matchbus::main(crate(::matchbus))]
#[allow(clippy::unused_async)]
async fn main(mut app: App) -> Result<(), String> {
    let _: [fn(); 3] = [one::run, two::run, three::run];
    app = std::convert::identity(app);
    let _ = app;
    Ok(())
}
