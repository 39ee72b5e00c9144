//! The crates that rustc was told of, read from its own command line, which a macro shares with it.
//!
//! It is the one place that knows both the name that a dependency has in this crate and the file it comes from.
//! In rust-analyzer and in unit tests there are none.

use std::path::PathBuf;
use std::sync::OnceLock;

/// `--extern name=path`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extern {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

/// The command line does not change while the process lives, so it is read once.
pub(crate) fn externs() -> &'static [Extern] {
    static EXTERNS: OnceLock<Vec<Extern>> = OnceLock::new();
    EXTERNS.get_or_init(|| {
        read(std::env::args_os().filter_map(|argument| argument.into_string().ok()).flat_map(unpack))
    })
}

/// A long command line is handed over in a file, one argument a line.
fn unpack(argument: String) -> Vec<String> {
    match argument.strip_prefix('@').and_then(|file| std::fs::read_to_string(file).ok()) {
        Some(lines) => lines.lines().map(str::to_owned).collect(),
        None => vec![argument],
    }
}

fn read(arguments: impl Iterator<Item = String>) -> Vec<Extern> {
    let mut externs = Vec::new();
    let mut is_next = false;
    for argument in arguments {
        let value = if is_next { Some(argument.as_str()) } else { argument.strip_prefix("--extern=") };
        if let Some((name, file)) = value.and_then(|value| value.split_once('=')) {
            // `priv:name`, `noprelude:name` and the like.
            let name = name.rsplit(':').next().unwrap_or(name).to_owned();
            externs.push(Extern { name, file: PathBuf::from(file) });
        }
        is_next = argument == "--extern";
    }
    externs
}

impl Extern {
    /// The name that the library was built with: `matchbus` of `libmatchbus-0123456789abcdef.rmeta`.
    pub(crate) fn library(&self) -> Option<&str> {
        let stem = self.file.file_stem()?.to_str()?;
        let name = stem.strip_prefix("lib").unwrap_or(stem);
        Some(name.split_once('-').map_or(name, |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Extern, read};

    #[test]
    fn both_forms_are_read() {
        let line = [
            "rustc",
            "--extern",
            "mb=/t/libmatchbus-0f.rmeta",
            "--extern=priv:a=/t/liba.rlib",
            "--extern",
            "proc_macro",
            "-C",
            "x=y",
        ];
        let externs = read(line.into_iter().map(str::to_owned));
        assert_eq!(
            externs.iter().map(|e| (e.name.as_str(), e.library())).collect::<Vec<_>>(),
            [("mb", Some("matchbus")), ("a", Some("a"))]
        );
        let _: &[Extern] = &externs;
    }
}
