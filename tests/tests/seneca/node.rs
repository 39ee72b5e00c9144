//! The programs in `interop/seneca`, at the other end.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use matchbus_tests::node::Node;

/// Starts one of them.
pub(crate) async fn start(program: &str, dialect: &str, port: u16) -> Node {
    Node::start(installed(), program, dialect, port).await
}

/// The folder with Seneca and the programs; made once.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/seneca");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seneca");
        matchbus_tests::node::install(&folder, &["server.js", "client.js"].map(|file| source.join(file)));
        folder
    })
}
