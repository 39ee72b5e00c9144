use matchbus::prelude::*;

#[matchbus::main(worker_threads(0), current_thread, threads(2), role = "cart", current_threads = true)]
async fn main(app: App, _: u32) -> matchbus::Result<()> {
    app.run().await
}
