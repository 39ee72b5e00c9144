//! Outside of the runtime: a thread of its own, on the machine's clock, which no test pauses. For the watchdog only, which
//! looks after a runtime that may hang.

use std::io;
use std::thread;
use std::time::Duration;

/// Runs `work` on a thread of its own.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Blocks the thread.
pub(crate) fn sleep(duration: Duration) {
    thread::sleep(duration);
}
