//! One step of a command: a process that must end well.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Instant;

/// Why a command of xtask failed, for people.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl From<lexopt::Error> for Failed {
    fn from(error: lexopt::Error) -> Self {
        Failed(error.to_string())
    }
}

/// A process in the making.
#[derive(Debug)]
pub(crate) struct Step(Command);

/// The cargo that runs xtask.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Step {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    Step(command)
}

/// The root of the workspace.
pub(crate) fn root() -> &'static std::path::Path {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

impl Step {
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(key, value);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    /// Runs it, with its output going where xtask's goes.
    pub(crate) fn run(mut self, name: &str) -> Result<(), Failed> {
        eprintln!("xtask: {name}");
        let begin = Instant::now();
        let status =
            self.0.status().map_err(|cause| Failed(format!("{name}: cannot be started: {cause}")))?;
        if !status.success() {
            return Err(Failed(format!("{name} failed ({status})")));
        }
        eprintln!("xtask: {name}: well, {:.0} s", begin.elapsed().as_secs_f64());
        Ok(())
    }

    /// Runs it and returns what it printed to stdout.
    pub(crate) fn output(mut self, name: &str) -> Result<String, Failed> {
        self.0.stderr(std::process::Stdio::inherit());
        let output =
            self.0.output().map_err(|cause| Failed(format!("{name}: cannot be started: {cause}")))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(Failed(format!("{name} failed ({})\n{text}", output.status)))
        }
    }
}
