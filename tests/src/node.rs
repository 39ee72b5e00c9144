//! A Seneca from npm, line by line, for the tests of matchbus and of its examples.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Whether tests with it are [left out](crate::left_out).
#[must_use]
pub fn left_out() -> bool {
    crate::left_out("seneca")
}

/// A port that is free now.
///
/// # Panics
///
/// Where no port is left.
#[must_use]
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Makes `folder`, installs Seneca in it as the lock file of the interop tests says, and copies the programs there.
///
/// # Panics
///
/// Where npm cannot do that.
pub fn install(folder: &Path, programs: &[PathBuf]) {
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/seneca");
    std::fs::create_dir_all(folder).unwrap();
    let locks = ["package.json", "package-lock.json"].map(|file| locked.join(file));
    for file in locks.iter().chain(programs) {
        std::fs::copy(file, folder.join(file.file_name().unwrap())).unwrap();
    }
    let npm = std::process::Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
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
}

/// How long node may take for anything; Seneca itself gives up after 4 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program of node's that is ready.
pub struct Node {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Ended when it is dropped.
    _child: Child,
}

impl Node {
    /// Starts a program, which says `"ready"` when it is.
    ///
    /// # Panics
    ///
    /// Where it does not start, or does not say so.
    pub async fn start(folder: &Path, program: &str, dialect: &str, port: u16) -> Self {
        let mut child = Command::new("node")
            .args([program, dialect, &port.to_string()])
            .current_dir(folder)
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
    ///
    /// # Panics
    ///
    /// Where nothing comes.
    pub async fn act(&mut self, message: Value) -> Value {
        self.say(&message.to_string()).await;
        self.next().await
    }

    /// Says one line.
    ///
    /// # Panics
    ///
    /// Where the program is gone.
    pub async fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// What it says next.
    ///
    /// # Panics
    ///
    /// Where it says nothing in 30 s, or what is no JSON.
    pub async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("node says something").unwrap().expect("node lives");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }
}
