use matchbus::prelude::*;

#[matchbus::main(current_thread, worker_threads(2), allow_unlinked(one, two))]
async fn main(app: App) -> matchbus::Result<()> {
    app.run().await
}
