//! Runs the benchmarks and gathers their lines.

use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};

use crate::step::{Failed, cargo};

/// The binaries that measure, and the features they need.
const CASES: &[(&str, &str)] = &[("find", ""), ("inproc", "peers"), ("start", ""), ("compile", "")];

pub(crate) fn bench(mut parser: Parser) -> Result<(), Failed> {
    let (mut json, mut quick, mut left_out, mut only) = (false, false, Vec::new(), Vec::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("json") => json = true,
            Long("quick") => quick = true,
            Long("without") => crate::without(&mut parser, &["patrun"], &mut left_out)?,
            Value(case) => only.push(case.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let names: Vec<&str> = CASES.iter().map(|(name, ..)| *name).collect();
    if let Some(unknown) = only.iter().find(|case| !names.contains(&case.as_str())) {
        return Err(Failed(format!("there is no case `{unknown}`; there is: {}", names.join(", "))));
    }
    for (name, features) in CASES {
        if !only.is_empty() && !only.iter().any(|case| case == name) {
            continue;
        }
        let mut step = cargo([
            "run",
            "-q",
            "--release",
            "-p",
            "matchbus-benches",
            "--features",
            features,
            "--bin",
            name,
            "--",
        ]);
        for (given, flag) in [(json, "--json"), (quick, "--quick")] {
            if given {
                step = step.arg(flag);
            }
        }
        if *name == "find" {
            for out in &left_out {
                step = step.arg("--without").arg(out);
            }
        }
        step.run(&format!("bench {name}"))?;
    }
    Ok(())
}
