//! Runs the fault programs.

use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};

use crate::step::{Failed, cargo};

pub(crate) fn faults(mut parser: Parser) -> Result<(), Failed> {
    let (mut full, mut rest) = (false, Vec::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("full") => full = true,
            Long("over") => rest.extend(["--over".to_owned(), parser.value()?.string()?]),
            Value(test) => rest.push(test.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    // A full run is about figures, so it is a release build's; a small one is that of the tests.
    let build = |command| if full { vec![command, "--release"] } else { vec![command] };
    cargo(build("build")).arg("-p").arg("matchbus-tests").arg("--bins").run("fault programs")?;
    let mut run =
        cargo(build("run")).arg("-q").arg("-p").arg("matchbus-tests").arg("--bin").arg("faults").arg("--");
    if full {
        run = run.arg("--full");
    }
    for arg in rest {
        run = run.arg(arg);
    }
    run.run("faults")
}
