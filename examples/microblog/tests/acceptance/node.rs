//! A Seneca from npm in the place of one service.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::OnceCell;

/// Whether tests with it are left out, which must be said.
pub(crate) fn left_out() -> bool {
    std::env::var("MATCHBUS_WITHOUT").is_ok_and(|names| names.split(',').any(|name| name.trim() == "seneca"))
}

/// The folder with Seneca installed as the lock file of the interop tests says; made once.
async fn installed() -> &'static Path {
    static FOLDER: OnceCell<std::path::PathBuf> = OnceCell::const_new();
    FOLDER
        .get_or_init(async || {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            let locked = here.join("../../tests/interop/seneca");
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("microblog-seneca");
            std::fs::create_dir_all(&folder).unwrap();
            for file in ["package.json", "package-lock.json"] {
                std::fs::copy(locked.join(file), folder.join(file)).unwrap();
            }
            std::fs::copy(here.join("tests/interop/reserve.js"), folder.join("reserve.js")).unwrap();
            let npm =
                Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output();
            let npm = npm.await.unwrap_or_else(|cause| {
                panic!("npm does not start: {cause}; install node and npm, or set MATCHBUS_WITHOUT=seneca")
            });
            assert!(
                npm.status.success(),
                "npm ci fails in {}: {}; set MATCHBUS_WITHOUT=seneca to leave this test out",
                folder.display(),
                String::from_utf8_lossy(&npm.stderr)
            );
            folder
        })
        .await
}

/// A program of node's that is ready; ended when dropped.
pub(crate) struct Node {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Node {
    pub(crate) async fn start(kind: &str, port: u16) -> Self {
        let mut child = Command::new("node")
            .args(["reserve.js", kind, &port.to_string()])
            .current_dir(installed().await)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts, since npm did");
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut node = Node { stdin, lines, _child: child };
        assert_eq!(node.line().await, "\"ready\"");
        node
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("node says something").unwrap().expect("node lives")
    }

    /// What it has counted.
    pub(crate) async fn ask(&mut self) -> Value {
        self.stdin.write_all(b"\n").await.unwrap();
        serde_json::from_str(&self.line().await).unwrap()
    }
}
