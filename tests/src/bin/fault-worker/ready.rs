//! Whether the process says that it is ready while its threads hang: by a thread that the runtime does not have, and that writes
//! down when it changes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Once;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matchbus::prelude::*;
use matchbus_tests::faults::Block;

pub(crate) struct Diary {
    path: Option<PathBuf>,
    watched: Once,
}

impl Diary {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Diary { path: directory.map(|path| path.join("diary")), watched: Once::new() }
    }

    /// One write, so lines of several threads do not mix.
    fn note(&self, what: &str) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let line = format!("{what} {}\n", now().as_millis());
        OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())
    }
}

/// From now on, until the process ends.
fn watch(diary: &State<Diary>, bus: Bus) {
    let of_thread = diary.clone();
    let changes = move || -> io::Result<()> {
        let mut ready = true;
        loop {
            let is = bus.is_ready();
            if is != ready {
                of_thread.note(if is { "ready" } else { "unready" })?;
                ready = is;
            }
            thread::sleep(Duration::from_millis(1));
        }
    };
    // Were there an end of it, nothing more would be written down, and that is seen.
    diary.watched.call_once(|| drop(thread::spawn(changes)));
}

/// What a handler must not do, and some does.
#[service(fault = "block")]
async fn block(msg: Block, bus: Bus, diary: State<Diary>) -> Result<u64, matchbus::Error> {
    let failed = |cause: io::Error| matchbus::Error::refused(format!("nothing can be written down: {cause}"));
    let left = Duration::from_millis(msg.until_ms).saturating_sub(now());
    if !left.is_zero() {
        watch(&diary, bus);
        diary.note("blocks").map_err(failed)?;
        thread::sleep(left);
        diary.note("goes-on").map_err(failed)?;
    }
    Ok(1)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
