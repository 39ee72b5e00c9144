//! cargo-hack, for the combinations of features.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::step::{Failed, Step, cargo, root};

/// Features that are combined with each other two by two: all at once are linted with the workspace.
const DEPTH: &str = "2";

/// Lints the library with each pair of its features: a feature adds, and needs no other one by accident.
pub(crate) fn check() -> Result<(), Failed> {
    let hack = find_or_install()?;
    let mut check = cargo(["hack"]);
    if let Some(folder) = hack {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).map_err(|cause| Failed(format!("PATH: {cause}")))?;
        check = check.env("PATH", &path);
    }
    let about = ["--feature-powerset", "--depth", DEPTH, "--exclude-features", "default"];
    let what = ["clippy", "-p", "matchbus", "--lib"];
    what.iter()
        .chain(&about)
        .chain(&["--", "-D", "warnings"])
        .fold(check, Step::arg)
        .run("matchbus with each pair of features")
}

/// Where cargo-hack is, unless cargo finds it by itself.
fn find_or_install() -> Result<Option<PathBuf>, Failed> {
    let mut version = Command::new("cargo");
    version.args(["hack", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let tools = root().join("target/tools");
    let folder = tools.join("bin");
    if !folder.join("cargo-hack").exists() && !folder.join("cargo-hack.exe").exists() {
        cargo(["install", "cargo-hack", "--locked", "--version", "0.6.46", "--root"])
            .arg(&tools)
            .run("installing cargo-hack into target/tools")?;
    }
    Ok(Some(folder))
}
