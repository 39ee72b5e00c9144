//! The seams: clock, randomness, task spawning and sockets each come from here and from nowhere else.
//!
//! A test (or a simulation of a whole system) replaces them: tokio's paused clock moves [`clock`],
//! [`random::seed`] makes ids and jitter repeatable, and a current-thread runtime puts every task on one
//! thread. Sockets come from `net`.

#[cfg(feature = "http")]
pub(crate) mod alarm;
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
    const OURS: [&str; 11] = [
        "Instant::now(",
        "SystemTime::now(",
        "thread::sleep(",
        "thread::spawn(",
        "thread::Builder",
        "tokio::spawn(",
        "JoinSet",
        "tokio::time::sleep",
        "TcpListener::bind(",
        "TcpStream::connect(",
        "RandomState::new(",
    ];

    /// Who may look at the wall clock: ids and the date of an answer, and nothing that decides (rule R4).
    const MADE_OF_TIME: [&str; 3] =
        ["src/message/meta.rs", "src/transport/http/server/straight.rs", "src/transport/seneca/ids.rs"];

    #[test]
    fn nothing_goes_past_the_seams() {
        let found = all_with(&OURS);
        assert!(found.is_empty(), "these go past `seam/`: {found:#?}");
    }

    #[test]
    fn the_wall_clock_is_for_ids_and_dates_only() {
        let mut found = all_with(&["unix_ms"]);
        let all = found.len();
        found.retain(|place| !MADE_OF_TIME.iter().any(|allowed| place.contains(allowed)));
        assert!(found.is_empty(), "these look at the wall clock: {found:#?}");
        assert_eq!(all, MADE_OF_TIME.len(), "who looks at it has changed");
    }

    fn all_with(words: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), words, &mut found).unwrap();
        found
    }

    fn look(folder: &Path, words: &[&str], found: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("src/seam") && !path.ends_with("tests") {
                look(&path, words, found)?;
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = fs::read_to_string(&path)?;
                // Tests come last in a file, and documentation is no code of ours.
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
                for (number, line) in lines {
                    if words.iter().any(|word| line.contains(word)) {
                        found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                    }
                }
            }
        }
        Ok(())
    }
}
