//! The microblog in one process, or a part of it: `--help` tells how. The pages are at `MICROBLOG_FRONT`, which is
//! 127.0.0.1:8000 unless said.

use matchbus::App;

#[matchbus::main]
async fn main(app: App) -> matchbus::Result<()> {
    app.configure(microblog::states).beside(microblog::services::front::serve).run().await
}
