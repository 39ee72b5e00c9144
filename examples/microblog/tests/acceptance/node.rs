//! A Seneca from npm in the place of one service.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use matchbus_tests::node::Node;
use serde_json::Value;

/// The reserve service as a program of node's.
pub(crate) struct Reserve(Node);

impl Reserve {
    pub(crate) async fn start(kind: &str, port: u16) -> Self {
        Reserve(Node::start(installed(), "reserve.js", kind, port).await)
    }

    /// What it has counted.
    pub(crate) async fn counts(&mut self) -> Value {
        self.0.say("").await;
        self.0.next().await
    }
}

/// The folder with Seneca and the program; made once.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/reserve.js");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("microblog-seneca");
        matchbus_tests::node::install(&folder, &[source]);
        folder
    })
}
