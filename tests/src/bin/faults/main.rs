//! The faults of real systems, made to real processes: `faults [--full] [--over http|tcp] [T01 …]`.
//!
//! Each test prints one JSON line with what was seen, its bars and a verdict. Ends with 0 if all bars hold, 1 if not, and 2
//! if a test could not be run. Sizes: small, for each change, and full (`--full`), for which a release build is meant.

mod duplicates;
mod kills;
mod load;
mod machine;
mod malformed;
mod misbehaving;
mod network;
mod overload;
mod proxy;
mod report;
mod restart;
mod slow;
mod vanish;
mod versions;
mod wire;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt;
use report::{Report, Verdict};

/// A failure of the test itself, not of what is tested.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

type Running = std::pin::Pin<Box<dyn Future<Output = Result<Report>>>>;

/// What a program is told.
#[derive(Clone, Debug)]
struct Setting {
    /// `T01` and so on.
    test: &'static str,
    /// The transport: `http` or `tcp`.
    over: &'static str,
    full: bool,
}

impl Setting {
    /// One thing in a full run, another in a small one.
    fn pick<T>(&self, full: T, small: T) -> T {
        if self.full { full } else { small }
    }

    /// A bar for a time. A small run is a debug build's, beside other programs, and one in a hundred of its calls are few: it
    /// finds what stands still, and not what is slow.
    fn bar(&self, limit: Duration) -> Duration {
        self.pick(limit, limit.max(NOISE))
    }
}

/// See [`Setting::bar`].
const NOISE: Duration = Duration::from_millis(250);

struct Program {
    test: &'static str,
    about: &'static str,
    run: fn(Setting) -> Running,
}

macro_rules! programs {
    ($($test:literal $run:path: $about:literal;)+) => {
        &[$(Program { test: $test, about: $about, run: |setting| Box::pin($run(setting)) }),+]
    };
}

const PROGRAMS: &[Program] = programs! {
    "T01" kills::run: "kill -9 one of four workers each second";
    "T08" network::run: "a network that delays, cuts, swallows and resets";
    "T12" malformed::run: "malformed input beside good traffic";
    "T14" misbehaving::panics: "handlers that panic";
    "T15" misbehaving::hangs: "handlers that hang, with and without their threads";
    "T16" misbehaving::deadlines: "a deadline over a chain of processes";
    "T17" overload::run: "ten times the load that can be done";
    "T20" slow::run: "slow, idle and deaf clients";
    "T21" restart::run: "restart of all workers in turn, by SIGTERM";
    "T22" versions::run: "two versions side by side";
    "T23" duplicates::run: "every message twice";
    "T27" vanish::run: "callers that vanish";
};

const TRANSPORTS: [&str; 2] = ["http", "tcp"];

/// Of a latency bar that fails, how often the test is run: it has failed if two of three fail. A count that fails is final.
const TRIES: u32 = 3;

fn main() -> ExitCode {
    let asked = match Asked::of_arguments() {
        Ok(asked) => asked,
        Err(cause) => {
            eprintln!("faults: {cause}\nusage: faults [--full] [--over http|tcp] [TEST]…; the tests are:");
            for program in PROGRAMS {
                eprintln!("  {}  {}", program.test, program.about);
            }
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("faults: there is no runtime: {cause}");
            return ExitCode::from(2);
        }
    };
    // What the programs await is made on this thread, since they hold what must not change threads.
    runtime.block_on(all(&asked))
}

async fn all(asked: &Asked) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for program in PROGRAMS.iter().filter(|program| asked.wants(program.test)) {
        for over in TRANSPORTS.into_iter().filter(|over| asked.over.is_none_or(|only| only == *over)) {
            let setting = Setting { test: program.test, over, full: asked.full };
            eprintln!("faults: {} over {over}: {}", program.test, program.about);
            match one(program, &setting).await {
                Ok(true) => {}
                Ok(false) => code = ExitCode::from(1),
                Err(cause) => {
                    eprintln!("faults: {} over {over} could not be run: {cause}", program.test);
                    return ExitCode::from(2);
                }
            }
        }
    }
    code
}

/// Whether it passed.
async fn one(program: &Program, setting: &Setting) -> Result<bool> {
    let mut slow = 0;
    for attempt in 1..=TRIES {
        let report = (program.run)(setting.clone()).await?;
        let verdict = report.verdict();
        println!("{}", report.to_line(attempt));
        match verdict {
            Verdict::Pass if slow == 0 => return Ok(true),
            Verdict::Pass => {}
            Verdict::Slow => slow += 1,
            Verdict::Fail => return Ok(false),
        }
        if slow == 2 {
            return Ok(false);
        }
        if attempt - slow == 2 {
            return Ok(true);
        }
    }
    Ok(slow < 2)
}

struct Asked {
    full: bool,
    over: Option<&'static str>,
    tests: Vec<String>,
}

impl Asked {
    fn of_arguments() -> std::result::Result<Self, String> {
        let mut asked = Asked { full: false, over: None, tests: Vec::new() };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next().map_err(|cause| cause.to_string())? {
            match argument {
                Long("full") => asked.full = true,
                Long("over") => {
                    let name = parser.value().and_then(ValueExt::string);
                    let name = name.map_err(|cause| cause.to_string())?;
                    let known = TRANSPORTS.into_iter().find(|known| *known == name);
                    asked.over = Some(known.ok_or_else(|| format!("there is no transport `{name}` here"))?);
                }
                Long("help") | Short('h') => return Err("the faults of real systems".to_owned()),
                Value(name) => {
                    let name = name.string().map_err(|cause| cause.to_string())?;
                    if !PROGRAMS.iter().any(|program| program.test == name) {
                        return Err(format!("there is no test `{name}`"));
                    }
                    asked.tests.push(name);
                }
                other => return Err(other.unexpected().to_string()),
            }
        }
        Ok(asked)
    }

    fn wants(&self, test: &str) -> bool {
        self.tests.is_empty() || self.tests.iter().any(|one| one == test)
    }
}
