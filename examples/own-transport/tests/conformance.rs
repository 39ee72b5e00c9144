//! What every transport is held to, over this one.
#![cfg(unix)]

use std::sync::atomic::{AtomicUsize, Ordering};

use matchbus_conformance::{Subject, suite};
use own_transport::Unix;

/// A path where nobody listens.
fn next_path() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("matchbus-{}-{}.sock", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    format!("unix://localhost{}", std::env::temp_dir().join(name).display())
}

suite!(unix: Subject::of(Unix, next_path), promises: [processes, broadcast, ordered, cancels]);
