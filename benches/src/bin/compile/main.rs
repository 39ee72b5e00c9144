//! What a thousand handlers cost to compile beside a thousand routes of axum, and what matchbus itself costs beside the
//! libraries it stands on. With `--quick` there are 300 of each, and one round: what each program costs by itself then
//! has a larger share.
//!
//! `compile [--quick] [--json] [--without axum] [--without fresh]`. Whole crates without incremental compilation, built
//! from generated sources below the target folder; dependencies are built before the time is taken. Times are the
//! processor time of cargo and all it starts.

mod crates;

use std::fs;
use std::io;

use matchbus_benches::scratch::Scratch;
use matchbus_benches::{Line, Options, median, median_ratio, print, range, take_turns};

fn main() -> io::Result<()> {
    let options = Options::from_command_line();
    let rounds = if options.quick { 1 } else { 5 };
    let mut lines = Vec::new();
    if options.with("axum") {
        let (count, names) = if options.quick {
            (300, ["ours-300", "axum-routes-300"])
        } else {
            (1000, ["ours", "axum-routes"])
        };
        handlers(rounds, count, names, &mut lines)?;
    }
    if options.with("fresh") {
        fresh(rounds.min(3), &mut lines)?;
    }
    print(&lines, options.json);
    std::process::exit(i32::from(lines.iter().any(|line| !line.met)));
}

/// So many handlers against as many routes.
fn handlers(rounds: usize, count: usize, names: [&str; 2], lines: &mut Vec<Line>) -> io::Result<()> {
    let scratch = Scratch::new("handlers")?;
    crates::ours(&scratch, names[0], count)?;
    crates::axum(&scratch, names[1], count)?;
    let steps: [(&str, &[&str], f64); 3] = [
        ("check", &["check"], 1.3),
        ("debug build", &["build"], 0.5),
        ("release build", &["build", "--release"], 0.35),
    ];
    let count = if count < 1000 { count.to_string() } else { "1,000".to_owned() };
    let peer = format!("axum, {count} routes");
    for name in names {
        for (_, arguments, _) in steps {
            scratch.cargo(name, arguments)?;
        }
    }
    let build = |name, arguments| -> io::Result<f64> {
        scratch.touch(name)?;
        Ok(scratch.cargo(name, arguments)?.cpu_s)
    };
    for (step, arguments, goal) in steps {
        let [ours, theirs] = figures(rounds, names.map(|name| move || build(name, arguments)));
        let case = format!("{count} handlers, {step} (CPU s)");
        eprintln!("{case}: {}", range(&ours, &theirs));
        let ratio = median_ratio(&ours, &theirs);
        lines.push(Line::new(case, &peer, median(&ours), median(&theirs), ratio, goal));
    }
    for (profile, goal) in [("debug", f64::INFINITY), ("release", 0.5)] {
        if goal.is_finite() {
            let [ours, theirs] = names
                .map(|name| fs::metadata(scratch.program(name, profile)).map(|file| file.len() as f64 / 1e6));
            let (ours, theirs) = (ours?, theirs?);
            let case = format!("{count} handlers, {profile} binary (MB)");
            lines.push(Line::new(case, &peer, ours, theirs, ours / theirs, goal));
        }
    }
    Ok(())
}

/// Everything from nothing.
fn fresh(rounds: usize, lines: &mut Vec<Line>) -> io::Result<()> {
    let scratch = Scratch::new("fresh")?;
    crates::only_ours(&scratch)?;
    crates::only_libraries(&scratch)?;
    let names = ["only-matchbus", "only-libraries"];
    for name in names {
        scratch.cargo(name, &["fetch"])?;
    }
    let crates = std::cell::Cell::new(0);
    let build = |name| -> io::Result<f64> {
        scratch.clean()?;
        let built = scratch.cargo(name, &["build"])?;
        if name == names[0] {
            // Without the crate that only depends on it.
            crates.set(built.crates - 1);
        }
        Ok(built.cpu_s)
    };
    let [ours, theirs] = figures(rounds, names.map(|name| move || build(name)));
    let case = "matchbus itself, fresh debug build (CPU s)";
    eprintln!("{case}: {}", range(&ours, &theirs));
    let ratio = median_ratio(&ours, &theirs);
    lines.push(Line::new(
        case,
        "tokio, serde, inventory, tracing",
        median(&ours),
        median(&theirs),
        ratio,
        1.4,
    ));
    lines.push(Line::limit(
        "matchbus itself, crates compiled",
        f64::from(u32::try_from(crates.get()).unwrap_or(u32::MAX)),
        40.0,
    ));
    Ok(())
}

/// The cases' figures round by round; ends the program when one cannot be had.
#[allow(clippy::needless_pass_by_value)] // An array of closures is given away.
fn figures<const N: usize>(rounds: usize, cases: [impl Fn() -> io::Result<f64>; N]) -> [Vec<f64>; N] {
    let figure = |case: &dyn Fn() -> io::Result<f64>| {
        case().unwrap_or_else(|error| {
            eprintln!("{error}");
            std::process::exit(1);
        })
    };
    let mut turns: Vec<Box<dyn FnMut() -> f64 + '_>> =
        cases.iter().map(|case| Box::new(move || figure(case)) as Box<dyn FnMut() -> f64 + '_>).collect();
    take_turns(rounds, &mut turns).try_into().expect("as many figures as cases")
}
