use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

use super::MainOptions;
use super::call::Call;
use super::graph::Format;
use super::help;
use super::network::Network;
use super::run::Mounting;
use crate::list::List;
use crate::pattern;

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Command {
    /// Nothing was said.
    Default,
    Run(Mounting),
    List {
        json: bool,
    },
    Call(Call),
    Pipe {
        at_once: usize,
        network: Network,
    },
    Graph(Format),
    Check {
        against: Option<PathBuf>,
    },
}

pub(super) enum Parsed {
    Command(Box<Command>),
    /// Help or version: say it and end well.
    Say(String),
}

/// Reads the command line of this process.
pub(super) fn parse(about: &MainOptions) -> Result<Parsed, lexopt::Error> {
    parse_from(about, std::env::args_os())
}

fn parse_from(
    about: &MainOptions,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Parsed, lexopt::Error> {
    let args: Vec<OsString> = args.into_iter().list();
    let mut parser = Parser::from_iter(args.iter().cloned());
    let Some(first) = parser.next()? else {
        return Ok(Parsed::Command(Box::new(Command::Default)));
    };
    let command = match first {
        Long("help") | Short('h') => return Ok(Parsed::Say(help::all(about))),
        Long("version") | Short('V') => {
            return Ok(Parsed::Say(format!("{} {}\n", about.package, about.version)));
        }
        Value(command) => command.string()?,
        other => return Err(other.unexpected()),
    };
    let asks_for_help =
        args.iter().skip(2).take_while(|arg| *arg != "--").any(|arg| arg == "--help" || arg == "-h");
    if asks_for_help && let Some(text) = help::of(about, &command) {
        return Ok(Parsed::Say(text));
    }
    match command.as_str() {
        "run" => run(parser),
        "list" => list(parser),
        "call" => call(parser),
        "pipe" => pipe(parser),
        "graph" => graph(parser),
        "check" => check(parser),
        "help" => {
            let of = parser.next()?.map(|arg| match arg {
                Value(command) => command.string(),
                other => Err(other.unexpected()),
            });
            return match of.transpose()? {
                None => Ok(Parsed::Say(help::all(about))),
                Some(of) => help::of(about, &of).map(Parsed::Say).ok_or_else(|| unknown(&of)),
            };
        }
        other => Err(unknown(other)),
    }
    .map(|command| Parsed::Command(Box::new(command)))
}

fn unknown(command: &str) -> lexopt::Error {
    format!("there is no command `{command}`: use run, list, call, pipe, graph or check").into()
}

fn run(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut mounting = Mounting::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("only") => {
                let names = parser.value()?.string()?;
                let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
                let before = mounting.only.len();
                mounting.only.extend(names.map(str::to_owned));
                if mounting.only.len() == before {
                    // A variable that is not set must not mount everything.
                    return Err("--only names no service; leave it out to mount all".into());
                }
            }
            Long("with") => mounting.with.push(key_value(&parser.value()?.string()?)?),
            Long(name) => {
                let name = name.to_owned();
                if !mounting.network.flag_of_run(&name, &mut parser)? {
                    return Err(Long(&name).unexpected());
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(mounting))
}

/// `shard=0` is the integer 0 and `shard="0"` the text, as in an attribute; bare words are text.
fn key_value(text: &str) -> Result<(String, pattern::Value), lexopt::Error> {
    let (key, value) = split(text)?;
    if value.is_empty() {
        // A variable that is not set would make patterns that no message has.
        let cure = format!("is a variable not set? the empty text is written {key}='\"\"'");
        return Err(format!("`{text}` gives `{key}` no value: {cure}").into());
    }
    let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(quoted) => pattern::Value::from(quoted),
        None => match (value.parse::<i64>(), value.parse::<bool>()) {
            (Ok(n), _) => pattern::Value::from(n),
            (_, Ok(b)) => pattern::Value::from(b),
            _ => pattern::Value::from(value),
        },
    };
    Ok((key.to_owned(), value))
}

fn split(text: &str) -> Result<(&str, &str), lexopt::Error> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => Err(format!("`{text}` is not KEY=VALUE, such as shard=0").into()),
    }
}

fn list(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut json = false;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("json") => json = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::List { json })
}

fn call(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut call = Call::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("explain") => call.explain = true,
            Long("publish") => call.publish = true,
            Long("timeout") => call.timeout = Some(duration(&parser.value()?.string()?)?),
            Long("context") => {
                let text = parser.value()?.string()?;
                let (key, value) = split(&text)?;
                call.context.push((key.to_owned(), value.to_owned()));
            }
            Long(name) => {
                let name = name.to_owned();
                if !call.network.flag(&name, &mut parser)? {
                    return Err(Long(&name).unexpected());
                }
            }
            Value(message) if call.message.is_none() => call.message = Some(message.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if call.message.is_none() {
        return Err("call needs a message: call '{\"role\":\"…\"}', or call - to read it from stdin".into());
    }
    Ok(Command::Call(call))
}

/// `500ms`, `2s`, `1m`.
fn duration(text: &str) -> Result<Duration, lexopt::Error> {
    let bad = || lexopt::Error::from(format!("`{text}` is not a time such as 500ms, 2s or 1m"));
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(bad),
        _ => Err(bad()),
    }
}

/// More would only wait in queues, which have room for fewer.
const MOST_AT_ONCE: usize = 65_536;

fn pipe(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let (mut at_once, mut network) = (64, Network::default());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("at-once") => at_once = parser.value()?.parse()?,
            Long(name) => {
                let name = name.to_owned();
                if !network.flag(&name, &mut parser)? {
                    return Err(Long(&name).unexpected());
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    if !(1..=MOST_AT_ONCE).contains(&at_once) {
        return Err(format!("--at-once must be at least 1 and at most {MOST_AT_ONCE}").into());
    }
    Ok(Command::Pipe { at_once, network })
}

fn graph(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut format = Format::Mermaid;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("format") => {
                format = match parser.value()?.string()?.as_str() {
                    "mermaid" => Format::Mermaid,
                    "dot" => Format::Dot,
                    other => return Err(format!("there is no format `{other}`: use mermaid or dot").into()),
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Graph(format))
}

fn check(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut against = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("against") => against = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Check { against })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: MainOptions = MainOptions {
        package: "shop",
        version: "1.0.0",
        worker_threads: None,
        current_thread: false,
        handler_crates: &[],
    };

    fn parsed(args: &[&str]) -> String {
        let args = std::iter::once("shop").chain(args.iter().copied()).map(OsString::from);
        match parse_from(&ABOUT, args) {
            Ok(Parsed::Command(command)) => format!("{command:?}"),
            Ok(Parsed::Say(text)) => text,
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn what_the_command_line_says_is_done() {
        assert_eq!(parsed(&[]), "Default");
        assert!(parsed(&["--help"]).contains("Usage: shop"));
        assert_eq!(parsed(&["help"]), parsed(&["-h"]));
        assert_eq!(parsed(&["--version"]), "shop 1.0.0\n");
        assert_eq!(parsed(&["list", "--json"]), "List { json: true }");
        let run = parsed(&["run", "--only", "cart,price", "--with", "shard=0", "--with", "zone=eu"]);
        assert!(
            run.contains("\"cart\", \"price\"") && run.contains("Int(0)") && run.contains("\"eu\""),
            "{run}"
        );
        assert!(parsed(&["call", "--explain", "{}"]).contains("explain: true"));
        assert!(parsed(&["call", "{}", "--publish"]).contains("publish: true"));
        assert!(parsed(&["pipe", "--at-once", "8"]).starts_with("Pipe { at_once: 8"));
        let run = parsed(&["run", "--listen", "tcp://127.0.0.1:0", "--bus", "http://a", "--bus", "http://b"]);
        assert!(run.contains("tcp://127.0.0.1:0") && run.contains("Url(http://a), Url(http://b)"), "{run}");
        assert_eq!(parsed(&["graph", "--format", "dot"]), "Graph(Dot)");
        let call = parsed(&["call", "{}", "--reroute", "role:cart=tcp://a", "--tls-ca", "ca.pem"]);
        assert!(call.contains("skip_local: true") && call.contains("\"ca.pem\""), "{call}");
    }

    #[test]
    fn each_command_tells_its_own_options() {
        for (command, own, another) in [
            ("run", "--with KEY=VALUE", "--explain"),
            ("list", "--json", "--only"),
            ("call", "--publish", "--at-once"),
            ("pipe", "--at-once N", "--explain"),
            ("graph", "--format FORMAT", "--json"),
            ("check", "--against FILE", "--bus"),
        ] {
            let text = parsed(&[command, "--help"]);
            assert!(text.starts_with(&format!("Usage: shop {command} ")), "{text}");
            assert!(text.contains(own) && !text.contains(another), "{text}");
            assert_eq!(parsed(&[command, "-h"]), text);
            assert_eq!(parsed(&["help", command]), text);
            assert!(parsed(&["--help"]).contains(own));
        }
        assert!(parsed(&["serve", "--help"]).starts_with("error: there is no command `serve`"));
        assert!(parsed(&["help", "serve"]).starts_with("error: there is no command `serve`"));
        assert!(parsed(&["call", "--", "--help"]).starts_with("Call"), "a message, if a strange one");
    }

    #[test]
    fn what_it_cannot_mean_is_told_with_the_cure() {
        for (args, text) in [
            (&["serve"][..], "there is no command `serve`: use run, list"),
            (&["call"], "call needs a message"),
            (&["call", "{}", "--timeout", "soon"], "`soon` is not a time such as"),
            (&["run", "--with", "shard"], "`shard` is not KEY=VALUE"),
            (&["run", "--with", "shard="], "`shard=` gives `shard` no value: is a variable not set?"),
            (&["pipe", "--at-once", "0"], "at least 1"),
            (&["pipe", "--at-once", "65537"], "at most 65536"),
            (&["pipe", "--at-once", "18446744073709551615"], "at most 65536"),
            (&["pipe", "--at-once", "18446744073709551616"], "number too large"),
            (&["graph", "--format", "svg"], "use mermaid or dot"),
            (&["run", "--bus", "http://s3cret@a:x"], "the port is no number"),
            (&["run", "--listen", "http://s3cret@[a"], "a `[` is not closed"),
            (&["call", "{}", "--bus", "http://s3cret@a?b=%"], "not followed by two hex digits"),
            (&["run", "--route", "role:cart=http://s3cret@a:x"], "the route of `role:cart`: "),
            (&["run", "--observe", "http://s3cret@a"], "has no address; write it as PIN=URL"),
            (&["call", "{}", "--listen", "tcp://a"], "--listen"),
            (&["list", "--yaml"], "invalid option '--yaml'"),
        ] {
            let said = parsed(args);
            assert!(said.starts_with("error: ") && said.contains(text), "{args:?}: {said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
