//! npm's Seneca over its TCP transport, at both ends, in two processes of node's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::Server;

/// Both processes.
pub(crate) struct Seneca {
    server: Server,
    client: Server,
    _folder: Folder,
}

struct Folder(PathBuf);

impl Seneca {
    /// Installs what the interop tests pin, in a folder of its own, and starts both.
    pub(crate) fn start() -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = std::env::temp_dir().join(format!("matchbus-bench-seneca-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|cause| format!("{}: {cause}", folder.display()))?;
        let folder = Folder(folder);
        let pinned = ["package.json", "package-lock.json"]
            .map(|file| here.join("../../tests/interop/seneca").join(file));
        for file in
            pinned.into_iter().chain(["server.js", "client.js"].map(|file| here.join("seneca").join(file)))
        {
            let name = file.file_name().unwrap_or_default();
            std::fs::copy(&file, folder.0.join(name))
                .map_err(|cause| format!("{}: {cause}", file.display()))?;
        }
        let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder.0).output();
        let output = npm.map_err(|cause| format!("npm does not start: {cause}"))?;
        if !output.status.success() {
            return Err(format!("npm ci fails: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let server = Server::of(Command::new("node").arg("server.js").current_dir(&folder.0));
        let port = server.port.to_string();
        let client = Server::of(Command::new("node").args(["client.js", &port]).current_dir(&folder.0));
        Ok(Seneca { server, client, _folder: folder })
    }

    /// Calls for a slice of time: how many a second, and the microseconds of processor time of one at both ends.
    pub(crate) fn run(&mut self, in_flight: usize, slice: Duration) -> (f64, f64) {
        let cpu = |it: &Self| it.server.cpu_ns() + it.client.cpu_ns();
        let (before, start) = (cpu(self), Instant::now());
        let calls = self.client.ask(&format!("{in_flight} {}", slice.as_millis()));
        let calls: f64 = calls.parse().unwrap_or_else(|_| panic!("Seneca's client says `{calls}`"));
        let seconds = start.elapsed().as_secs_f64();
        (calls / seconds, (cpu(self) - before) as f64 / 1e3 / calls)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left in the place for such things does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
