//! npm's patrun in a process of node's, asked to measure a slice at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use matchbus_benches::find::{Message, Pairs, World};
use serde_json::{Map, Value};

/// A folder with patrun installed; removed at the end.
pub(crate) struct Peer {
    folder: PathBuf,
}

impl Peer {
    /// Installs what `peers/patrun/package-lock.json` pins, in a folder of its own.
    pub(crate) fn install() -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/patrun");
        let folder = std::env::temp_dir().join(format!("matchbus-bench-patrun-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let peer = Peer { folder };
        for file in ["package.json", "package-lock.json", "find.js"] {
            std::fs::copy(source.join(file), peer.folder.join(file))
                .map_err(|error| format!("{file}: {error}"))?;
        }
        let npm =
            Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&peer.folder).output();
        let output = npm.map_err(|error| format!("npm does not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("npm ci fails: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(peer)
    }

    /// Starts a process with these patterns and messages.
    pub(crate) fn start(&self, world: &World, messages: &[Message]) -> Process {
        write(&self.folder.join("patterns.json"), &world.patterns);
        write(&self.folder.join("messages.json"), messages);
        let mut child = Command::new("node")
            .arg("find.js")
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts, since npm did");
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        Process { child, stdin: Some(stdin), stdout }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A folder left in the place for such things does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A running peer.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Lets it find for a while, and gives its processor time for one find.
    pub(crate) fn ns_per_find(&mut self, slice: Duration) -> f64 {
        let stdin = self.stdin.as_mut().expect("closed only at the end");
        writeln!(stdin, "{}", slice.as_millis()).expect("node reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("node answers");
        line.trim().parse().expect("node answers with a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.stdin = None;
        let _ = self.child.wait();
    }
}

fn write(path: &Path, objects: &[Pairs]) {
    let object = |pairs: &Pairs| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
    };
    let objects: Vec<Map<String, Value>> = objects.iter().map(object).collect();
    let text = serde_json::to_vec(&objects).expect("texts are JSON");
    std::fs::write(path, text).expect("the folder is ours");
}
