//! Crates written and built by a benchmark, beside the benchmark's own build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::clock;

/// A folder of generated crates that share one target folder. Kept from run to run: what has not changed is not built
/// again.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

/// What one run of cargo took.
#[derive(Debug)]
pub struct Built {
    /// Seconds of processor time, of cargo and the compilers together.
    pub cpu_s: f64,
    /// How many crates were compiled.
    pub crates: usize,
}

impl Scratch {
    /// The folder of this name, beside the program that runs.
    pub fn new(name: &str) -> io::Result<Self> {
        let program = env::current_exe()?;
        let target = program.ancestors().nth(2).ok_or(io::ErrorKind::NotFound)?;
        let folder = target.join("scratch").join(name);
        fs::create_dir_all(&folder)?;
        Ok(Scratch { folder })
    }

    /// Writes a crate: what its manifest has after `[package]`, and its files by their path.
    pub fn write(&self, name: &str, manifest: &str, files: &[(&str, &str)]) -> io::Result<()> {
        let folder = self.folder.join(name);
        let package = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n"
        );
        write(&folder.join("Cargo.toml"), &format!("{package}\n{manifest}"))?;
        for (path, text) in files {
            write(&folder.join(path), text)?;
        }
        // The same versions as in our own build.
        let lock = folder.join("Cargo.lock");
        if !lock.exists() {
            fs::copy(root().join("Cargo.lock"), lock)?;
        }
        Ok(())
    }

    /// Runs cargo for one crate.
    pub fn cargo(&self, name: &str, arguments: &[&str]) -> io::Result<Built> {
        let before = clock::children_s();
        let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(arguments)
            .current_dir(self.folder.join(name))
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("RUSTFLAGS")
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(io::Error::other(format!("cargo {arguments:?} of {name}:\n{said}")));
        }
        let crates = said.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
        Ok(Built { cpu_s: clock::children_s() - before, crates })
    }

    /// Makes cargo build the crate itself again.
    pub fn touch(&self, name: &str) -> io::Result<()> {
        let main = self.folder.join(name).join("src/main.rs");
        let text = fs::read(&main)?;
        fs::write(main, text)
    }

    /// Forgets everything that was built.
    pub fn clean(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.target()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The program that was built.
    pub fn program(&self, name: &str, profile: &str) -> PathBuf {
        self.target().join(profile).join(name)
    }

    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }
}

/// Writes a file, unless it is so already.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The dependency on matchbus, for a manifest.
pub fn dependency() -> String {
    format!("matchbus = {{ path = \"{}\" }}\n", root().join("runtime").display())
}

/// Writes one text for each number.
pub fn repeat(numbers: std::ops::Range<usize>, mut text: impl FnMut(usize) -> String) -> String {
    numbers.fold(String::new(), |mut all, n| {
        // Writing to a String cannot fail.
        let _ = write!(all, "{}", text(n));
        all
    })
}
