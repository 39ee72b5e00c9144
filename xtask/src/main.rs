//! Developer commands: `cargo xtask help` lists them.

mod bench;
mod faults;
mod hack;
mod licences;
mod node;
mod step;

use std::process::ExitCode;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

use step::{Failed, cargo};

const HELP: &str = "Usage: cargo xtask COMMAND

  test [--without NAME]…    every test of the workspace
                            NAME: ui (compile-fail and -pass tests), crates (tests that build small workspaces),
                            seneca (tests against npm's Seneca, which need node and npm),
                            faults (processes that are killed and worse, two minutes)
  ui [--bless]              only the compile-fail and -pass tests; --bless accepts the errors as they are now
  bench [--json] [--quick] [--without NAME]… [CASE]…
                            side by side with the peers; without CASE all of them
                            CASE: find, inproc, start, compile, wire
                            NAME: patrun, seneca (npm's, which need node and npm)
  faults [--full] [--over http|tcp] [T01]…
                            the faults of real systems, a JSON line and a verdict each; without a test all of them
                            --full: in full size and a release build; about 75 minutes
  check                     what CI checks beside the tests: format, clippy, docs, features, licences
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(text)) => {
            eprintln!("\nxtask: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failed> {
    let mut parser = Parser::from_env();
    let command = match parser.next()? {
        None | Some(Long("help") | Short('h')) => {
            print!("{HELP}");
            return Ok(());
        }
        Some(Value(command)) => command.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "test" => test(parser),
        "ui" => ui(parser),
        "bench" => bench::bench(parser),
        "faults" => faults::faults(parser),
        "check" => check(parser),
        "help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(Failed(format!("there is no command `{other}`\n\n{HELP}"))),
    }
}

/// The names after `--without`, each checked against those there are.
fn without(parser: &mut Parser, known: &[&str], list: &mut Vec<String>) -> Result<(), Failed> {
    let name = parser.value()?.string()?;
    if !known.contains(&name.as_str()) {
        return Err(Failed(format!(
            "there is nothing called `{name}` to leave out; there is: {}",
            known.join(", ")
        )));
    }
    list.push(name);
    Ok(())
}

fn test(mut parser: Parser) -> Result<(), Failed> {
    let mut left_out = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("without") => without(&mut parser, &["ui", "crates", "seneca", "faults"], &mut left_out)?,
            other => return Err(other.unexpected().into()),
        }
    }
    let skip = |name: &str| left_out.iter().any(|out| out == name);
    for (name, what) in [
        ("ui", "the compile-fail and -pass tests"),
        ("crates", "the tests that build small workspaces"),
        ("faults", "the fault programs"),
        ("seneca", "the tests against npm's Seneca"),
    ] {
        if skip(name) {
            eprintln!("xtask: leaving out {what}, as told");
        }
    }
    if !skip("seneca") {
        node::find_or_install("the test against npm's Seneca", "seneca")?;
    }
    let mut tests = cargo(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    if !left_out.is_empty() {
        tests = tests.env("MATCHBUS_WITHOUT", left_out.join(","));
    }
    tests.run("tests")?;
    // Without the features, what they add must not be missed.
    cargo(["test", "-p", "matchbus", "--tests"]).run("tests without features")?;
    cargo(["run", "-q", "-p", "matchbus-tests", "--bin", "vectors", "--", "tests/vectors/patrun.ndjson"])
        .run("patrun's vectors")
}

fn ui(mut parser: Parser) -> Result<(), Failed> {
    let mut bless = false;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("bless") => bless = true,
            other => return Err(other.unexpected().into()),
        }
    }
    let tests = cargo(["test", "-p", "matchbus-tests", "--test", "ui"]);
    let tests = if bless { tests.env("TRYBUILD", "overwrite") } else { tests };
    tests.run("compile-fail and -pass tests")
}

fn check(mut parser: Parser) -> Result<(), Failed> {
    if let Some(arg) = parser.next()? {
        return Err(arg.unexpected().into());
    }
    cargo(["fmt", "--all", "--check"]).run("format")?;
    cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
        .run("clippy")?;
    cargo(["doc", "--workspace", "--all-features", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run("docs")?;
    // The tests too, where they differ by feature.
    let sets = ["", "http", "tcp", "http,tcp,tls,routes"];
    for features in sets {
        let name = format!("matchbus with features [{features}]");
        cargo(["clippy", "-p", "matchbus", "--all-targets", "--features", features, "--", "-D", "warnings"])
            .run(&name)?;
    }
    hack::check()?;
    // The library that the fuzz targets are linked with is C++ and needs a nightly compiler, and they rot by their own code.
    cargo(["check", "--manifest-path", "fuzz/Cargo.toml", "--locked"])
        .env("CUSTOM_LIBFUZZER_PATH", "/dev/null")
        .run("fuzz targets")?;
    licences::check()
}
