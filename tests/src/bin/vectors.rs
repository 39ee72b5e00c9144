//! Checks a matcher against a file of patrun vectors: `vectors FILE`.
//!
//! Prints every disagreement and, last, `agree N of M` for the finds. Ends with 0 if all agree, 1 if not, and
//! 2 if the file cannot be read.

use std::process::ExitCode;

use matchbus_tests::vectors::{DELIBERATE, read, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: vectors FILE (one JSON case a line, or one JSON array of cases)");
        return ExitCode::from(2);
    };
    let cases = match std::fs::read_to_string(&path) {
        Ok(text) => read(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let cases = match cases {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("cannot read the vectors in {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let report = run(&cases);
    for disagreement in &report.disagreements {
        println!("{disagreement}");
    }
    for (tag, count) in &report.deliberate {
        let why = DELIBERATE.iter().find(|(t, _)| t == tag).map_or("", |(_, why)| why);
        println!("deliberate: {count} (tag {tag}: {why})");
    }
    if report.lists > 0 {
        println!("lists: agree {} of {}", report.lists_agree, report.lists);
    }
    println!("agree {} of {}", report.agree, report.finds);
    if report.disagreements.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
