//! The seams: clock, randomness, task spawning and sockets each come from here and from nowhere else.
//!
//! A test (or a simulation of a whole system) replaces them: tokio's paused clock moves [`clock`],
//! [`random::seed`] makes ids and jitter repeatable, and a current-thread runtime puts every task on one
//! thread. Sockets come from `net`.

pub mod clock;
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) mod net;
pub(crate) mod outside;
pub mod random;
#[cfg(any(feature = "http", feature = "tcp"))]
pub(crate) mod rarely;
pub(crate) mod task;

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, io};

    /// What only the seams may do. Types may be named anywhere.
    const OURS: [&str; 10] = [
        "Instant::now(",
        "SystemTime::now(",
        "thread::sleep(",
        "thread::spawn(",
        "thread::Builder",
        "tokio::spawn(",
        "tokio::time::sleep",
        "TcpListener::bind(",
        "TcpStream::connect(",
        "RandomState::new(",
    ];

    #[test]
    fn nothing_goes_past_the_seams() {
        let mut found = Vec::new();
        look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found).unwrap();
        assert!(found.is_empty(), "these go past `seam/`: {found:#?}");
    }

    fn look(folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("src/seam") && !path.ends_with("tests") {
                look(&path, found)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                // Tests come last in a file, and documentation is no code of ours.
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
                for (number, line) in lines {
                    if OURS.iter().any(|ours| line.contains(ours)) {
                        found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                    }
                }
            }
        }
        Ok(())
    }
}
