//! What the tests of matchbus share.

use std::io::Write as _;

pub mod faults;
pub mod node;
pub mod vectors;

/// Whether the variable `MATCHBUS_WITHOUT` leaves these tests out; said where the harness does not hide it, so that nobody
/// believes in a test that did not run.
#[must_use]
pub fn left_out(tests: &str) -> bool {
    let told = std::env::var("MATCHBUS_WITHOUT").unwrap_or_default();
    let left_out = told.split(',').any(|name| name.trim() == tests);
    if left_out {
        // Where there is no stderr there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "a test of `{tests}` is left out, as MATCHBUS_WITHOUT says");
    }
    left_out
}
