use matchbus::prelude::*;

#[matchbus::main(worker_threads(0), current_thread, threads(2), role = "cart")]
async fn main(app: App, _: u32) -> matchbus::Result<()> {
    app.run().await
}
