//! Node and npm, for the tests and benchmarks that have something from npm at the other end.

use std::process::{Command, Stdio};

use crate::step::Failed;

/// Finds node and npm, and installs them where that can be done; `what` needs them.
pub(crate) fn find_or_install(what: &str, leave_out: &str) -> Result<(), Failed> {
    if is_there() {
        return Ok(());
    }
    eprintln!("xtask: {what} needs node and npm, which are not here: trying apt-get");
    for args in [&["update"][..], &["install", "-y", "--no-install-recommends", "nodejs", "npm"]] {
        let status = Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").status();
        if !status.is_ok_and(|status| status.success()) {
            break;
        }
    }
    if is_there() {
        return Ok(());
    }
    Err(Failed(format!(
        "{what} needs node and npm, and they could not be installed; install them, or leave it out with `--without {leave_out}`"
    )))
}

fn is_there() -> bool {
    ["node", "npm"].iter().all(|program| {
        let mut command = Command::new(program);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}
