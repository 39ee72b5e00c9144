//! Programs of several crates: what one macro call alone cannot see. `MATCHBUS_WITHOUT=crates` leaves them out.

use std::process::{Command, Output};

use matchbus_tests::left_out;

/// `cargo` in the workspace of small crates; all of these tests share its target directory.
fn cargo(arguments: &[&str]) -> Output {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/crates");
    Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--quiet")
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/crates"))
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo starts")
}

fn succeeds(arguments: &[&str]) -> String {
    let output = cargo(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn fails(arguments: &[&str]) -> String {
    let output = cargo(arguments);
    assert!(!output.status.success(), "cargo {arguments:?} must fail");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}

#[test]
fn main_knows_the_dependencies_that_have_handlers() {
    if left_out("crates") {
        return;
    }
    // In `check` the libraries are metadata, in `build` archives; the number is checked by a type.
    succeeds(&["check", "-p", "program"]);
    assert_eq!(
        succeeds(&["run", "-p", "program"]),
        "program 0.1.0 None false cart_service stock=stock_service"
    );
    assert_eq!(
        succeeds(&["run", "-p", "program", "--release"]),
        "program 0.1.0 None false cart_service stock=stock_service"
    );
}

#[test]
fn main_leaves_out_what_need_not_be_linked() {
    if left_out("crates") {
        return;
    }
    succeeds(&["check", "-p", "allowed"]);
    assert_eq!(succeeds(&["run", "-p", "allowed"]), "allowed 0.1.0 Some(3) false cart_service");
}

#[test]
fn main_knows_the_library_of_its_own_package() {
    if left_out("crates") {
        return;
    }
    succeeds(&["check", "-p", "library-and-program"]);
    assert_eq!(
        succeeds(&["run", "-p", "library-and-program"]),
        "library-and-program 0.1.0 None true library_and_program"
    );
}

#[test]
fn a_renamed_dependency_is_found() {
    if left_out("crates") {
        return;
    }
    assert_eq!(succeeds(&["run", "-p", "renamed"]), "cmd:add,role:cart");
    succeeds(&["test", "-p", "renamed"]);
}

#[test]
fn edition_2021_compiles() {
    if left_out("crates") {
        return;
    }
    assert_eq!(succeeds(&["run", "-p", "edition-2021"]), "cmd:add,gen:1,role:cart");
    succeeds(&["test", "-p", "edition-2021"]);
}

#[test]
fn duplicates_in_two_crates_are_found_by_the_list() {
    if left_out("crates") {
        return;
    }
    let errors = fails(&["check", "-p", "duplicates"]);
    assert!(errors.contains("two handlers have the pattern `cmd:add,role:cart`"), "{errors}");
    assert!(errors.contains("cart_service::cart::add"), "{errors}");
    assert!(errors.contains("other_cart_service::insert"), "{errors}");
}

#[test]
fn duplicates_in_two_crates_are_found_by_the_registry_test() {
    if left_out("crates") {
        return;
    }
    let errors = fails(&["test", "-p", "duplicates", "--features", "unlisted"]);
    assert!(errors.contains("matchbus_registry"), "{errors}");
    assert!(errors.contains("two handlers have the pattern `cmd:add,role:cart`"), "{errors}");
}

#[test]
fn a_call_that_nobody_answers_is_found_by_the_registry_test() {
    let errors = fails(&["test", "-p", "unanswered"]);
    assert!(errors.contains("matchbus_registry"), "{errors}");
    assert!(
        errors.contains("no handler answers `GetPrice`, whose pattern is `cmd:get,role:price`"),
        "{errors}"
    );
    assert!(errors.contains("unanswered::add (unanswered/src/lib.rs:9) calls it"), "{errors}");
}

#[test]
fn a_program_whose_handlers_are_not_linked_does_not_start() {
    let output = cargo(&["run", "-p", "unlinked"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]), "{errors}");
    let text = "crate `cart_service` has handlers, but it is not linked into this program, since nothing of it is used: \
                add `use cart_service as _;` to main.rs, or `allow_unlinked(cart_service)` to `#[matchbus::main]`";
    assert!(errors.contains(text), "{errors}");
    // What is linked is not blamed.
    assert!(!errors.contains("stock_service"), "{errors}");
    assert_eq!(succeeds(&["run", "-p", "unlinked", "--features", "cured"]), "2 handlers");
}

#[test]
fn clippy_finds_nothing_in_what_the_macros_write() {
    if left_out("crates") {
        return;
    }
    succeeds(&["clippy", "-p", "lints"]);
}
