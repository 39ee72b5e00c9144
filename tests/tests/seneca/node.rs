//! Node, with Seneca installed, line by line.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Whether the test is left out, which must be said.
pub(crate) fn left_out() -> bool {
    std::env::var("MATCHBUS_WITHOUT").is_ok_and(|names| names.split(',').any(|name| name.trim() == "seneca"))
}

/// The folder with Seneca installed as the lock file says; made once.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/seneca");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seneca");
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["package.json", "package-lock.json", "server.js", "client.js"] {
            std::fs::copy(source.join(file), folder.join(file)).unwrap();
        }
        let npm = std::process::Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output()
            .unwrap_or_else(|cause| {
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
}

/// How long node may take for anything; Seneca itself gives up after 4 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program of node's that is ready.
pub(crate) struct Node {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Ended when it is dropped.
    _child: Child,
}

impl Node {
    pub(crate) async fn start(program: &str, dialect: &str, port: u16) -> Self {
        let mut child = Command::new("node")
            .args([program, dialect, &port.to_string()])
            .current_dir(installed())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts, since npm did");
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while lines.next_line().await.unwrap().expect("node says when it is ready") != "\"ready\"" {}
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("node says when it is ready");
        Node { stdin, lines, _child: child }
    }

    /// Sends a message and waits for what comes of it.
    pub(crate) async fn act(&mut self, message: Value) -> Value {
        self.say(&message.to_string()).await;
        self.next().await
    }

    /// Says one line.
    pub(crate) async fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// What it says next.
    pub(crate) async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("node says something").unwrap().expect("node lives");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
