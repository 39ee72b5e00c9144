//! Runs the benchmarks and gathers their lines.

use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};

use crate::step::{Failed, cargo, root};

/// The programs that measure.
const CASES: &[Program] = &[
    Program { name: "find", features: "", left_out: &["patrun"] },
    Program { name: "inproc", features: "peers", left_out: &[] },
    Program { name: "start", features: "", left_out: &[] },
    Program { name: "compile", features: "", left_out: &[] },
    Program { name: WIRE, features: "", left_out: &["seneca"] },
];

/// A package outside of the workspace: its peers are many and large.
const WIRE: &str = "wire";

struct Program {
    name: &'static str,
    features: &'static str,
    /// The peers that it can do without.
    left_out: &'static [&'static str],
}

pub(crate) fn bench(mut parser: Parser) -> Result<(), Failed> {
    let (mut json, mut quick, mut left_out, mut only) = (false, false, Vec::new(), Vec::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("json") => json = true,
            Long("quick") => quick = true,
            Long("without") => crate::without(&mut parser, &["patrun", "seneca"], &mut left_out)?,
            Value(case) => only.push(case.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let names: Vec<&str> = CASES.iter().map(|program| program.name).collect();
    if let Some(unknown) = only.iter().find(|case| !names.contains(&case.as_str())) {
        return Err(Failed(format!("there is no case `{unknown}`; there is: {}", names.join(", "))));
    }
    // One that misses its goals must not hide what the next ones reach.
    let mut missed = Vec::new();
    for program in CASES {
        let name = program.name;
        if !only.is_empty() && !only.iter().any(|case| case == name) {
            continue;
        }
        let mut step = if name == WIRE {
            if !left_out.iter().any(|out| out == "seneca") {
                crate::node::find_or_install("the comparison with npm's Seneca", "seneca")?;
            }
            // What both workspaces need is built once.
            let target = std::env::var_os("CARGO_TARGET_DIR");
            let target = target.map_or_else(|| root().join("target"), Into::into);
            cargo(["run", "-q", "--release", "--manifest-path", "benches/wire/Cargo.toml"])
                .arg("--target-dir")
                .arg(target)
                .arg("--")
        } else {
            cargo(["run", "-q", "--release", "-p", "matchbus-benches", "--bin", name])
                .arg("--features")
                .arg(program.features)
                .arg("--")
        };
        for (given, flag) in [(json, "--json"), (quick, "--quick")] {
            if given {
                step = step.arg(flag);
            }
        }
        for out in left_out.iter().filter(|out| program.left_out.contains(&out.as_str())) {
            step = step.arg("--without").arg(out);
        }
        if let Err(Failed(cause)) = step.run(&format!("bench {name}")) {
            eprintln!("xtask: {cause}");
            missed.push(name);
        }
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(Failed(format!("not every goal was met by: {}", missed.join(", "))))
    }
}
