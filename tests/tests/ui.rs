//! What the compiler says about each mistake, and what must compile.
//!
//! The text is rustc's as well as ours, so it is compared on one toolchain only. On another this test fails, so that
//! nobody believes in a test that did not run; `MATCHBUS_WITHOUT=ui` says that it is known.
//!
//! After a change of texts: `TRYBUILD=overwrite cargo test -p matchbus-tests --test ui`, and read the difference.

use std::process::Command;

const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
fn ui() {
    if matchbus_tests::left_out("ui") {
        return;
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc tells its version").stdout;
    let version = String::from_utf8_lossy(&version);
    assert!(
        version.starts_with(TOOLCHAIN),
        "texts are compared on {TOOLCHAIN}x only, and this is {version}; set MATCHBUS_WITHOUT=ui if that is on purpose"
    );
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
